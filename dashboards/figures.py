"""Figures as Plotly draws them: plain dictionaries. Colours of text, lines and ground are the page's."""

from collections.abc import Mapping, Sequence
from typing import Any

Figure = dict[str, Any]
# Okabe and Ito (2008): told apart by all kinds of colour vision; with dashes and symbols they serve for many classes.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8a8f98", "#B8A500")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")
SCALE = "Cividis"


def style(i: int) -> dict[str, Any]:
    """How the i-th of many lines looks."""
    colour = COLOURS[i % len(COLOURS)]
    return {
        "line": {"color": colour, "dash": DASHES[i // len(COLOURS) % len(DASHES)]},
        "marker": {"color": colour, "symbol": SYMBOLS[i % len(SYMBOLS)], "size": 7},
    }


def figure(data: Sequence[Mapping[str, Any]], *, x: str = "", y: str = "", **layout: Any) -> Figure:
    """A figure of traces with named axes, all texts literal. layout: more of Plotly's layout, under its own names."""
    made: dict[str, Any] = {"xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}}
    for key, value in layout.items():
        made[key] = {**made[key], **value} if key in made and isinstance(value, dict) else value
    return literal({"data": [dict(trace) for trace in data], "layout": made})  # type: ignore[no-any-return]


def band(x: Sequence[Any], low: Sequence[float | None], high: Sequence[float | None], i: int) -> list[dict[str, Any]]:
    """The ground of an interval behind the i-th line."""
    colour = COLOURS[i % len(COLOURS)]
    common = {"x": list(x), "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    return [
        {**common, "y": list(low)},
        {**common, "y": list(high), "fill": "tonexty", "fillcolor": faint(colour)},
    ]


def faint(colour: str, share: float = 0.18) -> str:
    """A colour that lets the ground through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def hundred(values: Sequence[float | None]) -> list[float | None]:
    """Fractions in per cent."""
    return [None if value is None else round(100 * value, 3) for value in values]


def literal(value: Any) -> Any:
    """The same with every text as Plotly shows it unchanged: in its labels `<b>` and its like are markup."""
    if isinstance(value, str):
        return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if isinstance(value, dict):
        return {key: each if key == "hovertemplate" else literal(each) for key, each in value.items()}
    return [literal(each) for each in value] if isinstance(value, list | tuple) else value
