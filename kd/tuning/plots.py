"""The pictures of a study, as SVG that takes the colour of the text around it."""

import io
import re
from collections.abc import Callable, Mapping
from typing import Any

from kd.config import as_text
from kd.tuning.outcome import COMPLETE, PRUNED, Studied, met
from kd.tuning.space import Choice, Kind

Row = Mapping[str, Any]
INK = "#010203"  # stands for the colour of the text
POINT, BEST, POOR = "#3b82c4", "#e0701e", "#8a8f98"
STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
}


def history(studied: Studied) -> str:
    """Values in the order of the draws, and the best so far of those that count; at the foot what was stopped early."""

    def draw(axis: Any) -> None:
        _points(axis, studied, lambda row: row["number"])
        best, steps = None, []
        for row in studied.trials:
            if row["state"] == COMPLETE and met(row) and (best is None or row["value"] > best):
                best = row["value"]
            if best is not None:
                steps.append((row["number"], best))
        axis.plot([x for x, _ in steps], [y for _, y in steps], drawstyle="steps-post", color=BEST, linewidth=1.2)
        stopped = [row["number"] for row in studied.trials if row["state"] == PRUNED]
        foot = axis.get_xaxis_transform()
        axis.scatter(stopped, [0.03] * len(stopped), s=12, marker="x", color=POOR, linewidths=0.9, transform=foot)
        axis.set_xlabel("attempt")
        axis.set_ylabel("value")
        axis.xaxis.get_major_locator().set_params(integer=True)

    return _svg(draw, size=(7.6, 2.6), salt="history")


def slices(studied: Studied) -> dict[str, str]:
    """Values of complete attempts over each setting."""
    return {name: _slice(studied, name, kind) for name, kind in studied.space.kinds.items()}


def _slice(studied: Studied, name: str, kind: Kind) -> str:
    places = {value: i for i, value in enumerate(kind.values)} if isinstance(kind, Choice) else {}

    def at(row: Row) -> float:
        value = row["settings"][name]
        if not places:
            return float(value)
        # Beside each other in the order of the draws, so that they do not hide each other.
        return places[value] + 0.6 * (int(row["number"]) / len(studied.trials) - 0.5)

    def draw(axis: Any) -> None:
        _points(axis, studied, at)
        if isinstance(kind, Choice):
            axis.set_xticks(range(len(places)), [_short(as_text(value)) for value in places])
            axis.set_xlim(-0.5, len(places) - 0.5)
        elif kind.log and kind.high > 4 * kind.low:
            _logarithmic(axis, kind.low, kind.high)
        else:
            margin = 0.04 * (kind.high - kind.low) or 0.5
            axis.set_xlim(kind.low - margin, kind.high + margin)
        axis.set_xlabel(_short(name))

    return _svg(draw, size=(2.5, 2.0), salt=f"slice {name}")


def _logarithmic(axis: Any, low: float, high: float) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    margin = (high / low) ** 0.04
    axis.set_xscale("log")
    axis.set_xlim(low / margin, high * margin)
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 50 * low else (1,), numticks=6))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.xaxis.set_minor_locator(NullLocator())


def bars(shares: Mapping[str, float]) -> str:
    """Importances, the highest on top."""

    def draw(axis: Any) -> None:
        names = list(shares)[::-1]
        axis.barh(range(len(names)), [shares[name] for name in names], height=0.6, color=POINT)
        for place, name in enumerate(names):
            axis.annotate(f"{shares[name]:.2f}", (shares[name], place), (3, 0), textcoords="offset points", va="center")
        axis.set_yticks(range(len(names)), [_short(name) for name in names])
        axis.set_xlim(0, 1.12 * max(shares.values()))
        axis.set_xticks([])
        axis.grid(visible=False)
        axis.spines["bottom"].set_visible(False)

    return _svg(draw, size=(7.6, 0.35 + 0.26 * len(shares)), salt="importances")


def _points(axis: Any, studied: Studied, at: Callable[[Row], float]) -> None:
    """Complete attempts, hollow where a constraint is broken, and a ring around the best."""
    rows = [row for row in studied.trials if row["state"] == COMPLETE]
    for good, face in ((True, POINT), (False, "none")):
        some = [row for row in rows if met(row) == good]
        values = [row["value"] for row in some]
        edge = POINT if good else POOR
        axis.scatter([at(row) for row in some], values, s=12, linewidths=0.9, facecolors=face, edgecolors=edge)
    for row in rows:
        if row["number"] == studied.number:
            axis.scatter([at(row)], [row["value"]], s=42, facecolors="none", edgecolors=BEST, linewidths=1.6, zorder=3)


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:23]}…"


def _svg(draw: Callable[[Any], None], *, size: tuple[float, float], salt: str) -> str:
    """A picture of one pair of axes; size: inches of 72 pixels; salt: makes its ids differ from those of others."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context({**STYLE, "svg.hashsalt": salt}):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        axis = figure.add_subplot()
        axis.grid(color=POOR, alpha=0.25, linewidth=0.6)
        draw(axis)
        out = io.StringIO()
        nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(out, format="svg", transparent=True, metadata=nothing)
    text = out.getvalue()
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    text = re.sub(r"font-family: [^;\"]*", "font-family: inherit", text)
    text = re.sub(r' id="[A-Za-z0-9.]+_[0-9]+"', "", text)
    return re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL).strip()
