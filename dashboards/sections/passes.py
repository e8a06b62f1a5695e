"""Table 1 of the job: class by pass, who is champion, and F1 over passes."""

from typing import Any

from dashboards.figures import COLOURS, band, figure, hundred, style
from dashboards.kept import JobRecord
from dashboards.markup import Cell, Figure, Section, chart, folded, quiet, table
from dashboards.sections.headline import shown_split

Record = dict[str, Any]


def section(job: JobRecord) -> Section:
    """The heat map, the lines, the champions."""
    split = shown_split(job)
    figures = {
        "f1-over-passes": over_passes(job, split),
        "f1-by-class": by_class(job, split),
        "champions": champions(job),
    }
    tall = 120 + 26 * len(job.classes)
    parts = [
        quiet(
            f"Event F1, %, {split} split, tuned operating points. Under each number the champion that the class is taken "
            "from after that pass: network and smoothing of its labels; the number in brackets is its pass. Press a "
            "heading to sort."
        ),
        heat_map(job, split),
        chart(
            "f1-over-passes",
            label="Event F1 of every class and of their mean over the passes",
            height=420,
            note="Thick: mean of the classes, with its 95 % interval. Press a class in the legend to hide it, twice to see it "
            "alone.",
        ),
        folded(
            "each class with its 95 % interval",
            chart(
                "f1-by-class",
                label="Event F1 of each class over the passes, with intervals",
                height=_tall(job),
                least=760,
            ),
        ),
        chart("champions", label="Which network is the champion of each class over the passes", height=tall),
    ]
    return Section("passes", "Passes", "".join(parts), figures)


def heat_map(job: JobRecord, split: str) -> str:
    """Class by pass as a table."""
    passes = job.passes
    columns = [("tagger", job.result["tagger"][split]), *((f"pass {p['index']}", p["merged"][split]) for p in passes)]
    top = max((v for _, s in columns for c in job.classes if (v := s["tuned"]["classes"][c]["f1"])), default=1.0) or 1.0
    rows: list[list[Cell | str]] = []
    for label in ["all classes", *job.classes]:
        row: list[Cell | str] = [label]
        for i, (_, scores) in enumerate(columns):
            found = scores["tuned"]["macro"] if label == "all classes" else scores["tuned"]["classes"][label]
            won = passes[i - 1]["champions"].get(label) if i and label != "all classes" else None
            row.append(_scored(found, top, "" if won is None else brief(won["candidate"], passes[i - 1]["index"])))
        rows.append(row)
    return table(["class", *(name for name, _ in columns)], rows, caption="Event F1 by class and pass, per cent")


def _scored(found: Record, top: float, below: str) -> Cell:
    value, interval = found["f1"], found.get("f1_interval")
    if value is None:
        return Cell("–", -1.0)
    note = f"95 %: {100 * interval[0]:.1f} to {100 * interval[1]:.1f}" if interval else ""
    shown = "\n".join([f"{100 * value:.1f}", *([below] if below else [])])
    return Cell(shown, value, note, min(1.0, value / top))


def brief(candidate: str, index: int) -> str:
    """A champion's name in few letters: `deep median+g`, and in brackets its pass where that is an earlier one."""
    words = candidate.removeprefix("pass ").split(" ")
    own = words[0] if len(words) > 1 else "0" if candidate == "tagger" else str(index)
    name = words[-1].replace("median+gaussian", "m+g").replace("median", "m").replace("-", " ")
    return f"{name} [{own}]"


def over_passes(job: JobRecord, split: str) -> Figure:
    """F1 over passes."""
    passes = job.passes
    x = [each["index"] for each in passes]
    scores = [each["merged"][split]["tuned"] for each in passes]
    intervals = [each["macro"].get("f1_interval") or [None, None] for each in scores]
    data = band(x, hundred([low for low, _ in intervals]), hundred([high for _, high in intervals]), 0)
    data.append(
        {
            "x": x, "y": hundred([each["macro"]["f1"] for each in scores]), "name": "all classes",
            "mode": "lines+markers", "line": {"color": COLOURS[0], "width": 4}, "marker": {"size": 9},
        }
    )  # fmt: skip
    for i, label in enumerate(job.classes, start=1):
        rows = [each["classes"][label] for each in scores]
        data.append({"x": x, "y": hundred([row["f1"] for row in rows]), "name": label, "mode": "lines+markers"})
        data[-1] |= {**style(i), "opacity": 0.75, "text": [spanned(row) for row in rows]}
        if len(job.classes) > 12:
            data[-1]["visible"] = "legendonly"
    return figure(data, x="pass", y="event F1, %", xaxis={"dtick": 1}, yaxis={"rangemode": "tozero"})


def spanned(figures: Record) -> str:
    """An interval in words."""
    interval = figures.get("f1_interval")
    return f"95 %: {100 * interval[0]:.1f} to {100 * interval[1]:.1f}" if interval else ""


ACROSS = 5  # small charts in a row


def _tall(job: JobRecord) -> int:
    return 60 + 170 * -(-len(job.classes) // ACROSS)


def by_class(job: JobRecord, split: str) -> Figure:
    """A small chart per class, all of one scale."""
    x = [each["index"] for each in job.passes]
    down = -(-len(job.classes) // ACROSS)
    data: list[Record] = []
    layout: Record = {"showlegend": False, "annotations": [], "extra": {"margin": {"l": 40, "r": 8, "t": 24, "b": 30}}}
    for i, label in enumerate(job.classes):
        at = "" if i == 0 else str(i + 1)
        rows = [each["merged"][split]["tuned"]["classes"][label] for each in job.passes]
        spans = [row.get("f1_interval") or [None, None] for row in rows]
        line: Record = {"x": x, "y": hundred([row["f1"] for row in rows]), "name": label, "mode": "lines+markers"}
        line |= {"line": {"color": COLOURS[0]}, "text": [spanned(row) for row in rows]}
        for trace in [*band(x, hundred([low for low, _ in spans]), hundred([high for _, high in spans]), 0), line]:
            data.append({**trace, "xaxis": f"x{at}", "yaxis": f"y{at}"})
        across, place = i % ACROSS, i // ACROSS
        left, top = across / ACROSS, 1 - place / down
        layout[f"xaxis{at}"] = {
            "domain": [left, left + 0.88 / ACROSS],
            "anchor": f"y{at}",
            "dtick": max(1, len(x) // 4),
        }
        layout[f"yaxis{at}"] = {
            "domain": [top - 0.74 / down, top - 0.08 / down],
            "anchor": f"x{at}",
            "rangemode": "tozero",
        }
        if i:
            layout[f"yaxis{at}"]["matches"] = "y"
        layout["annotations"].append(
            {"text": label, "x": left, "y": top - 0.07 / down, "xref": "paper", "yref": "paper", "xanchor": "left",
             "yanchor": "bottom", "showarrow": False, "font": {"size": 12}}
        )  # fmt: skip
    return figure(data, **layout)


def champions(job: JobRecord) -> Figure:
    """A band per class: who is its champion after each pass."""
    kinds: dict[str, int] = {}
    data: dict[str, Record] = {}
    for each in job.passes:
        for label, won in each["champions"].items():
            kind = won["candidate"].split(" ")[-1]
            kinds.setdefault(kind, len(kinds))
            trace = data.setdefault(
                kind,
                {
                    "type": "bar", "orientation": "h", "name": kind, "x": [], "y": [], "base": [], "text": [],
                    "textposition": "inside", "insidetextanchor": "middle", "hovertext": [], "hoverinfo": "text",
                    "marker": {"color": COLOURS[kinds[kind] % len(COLOURS)], "line": {"width": 1, "color": "white"}},
                },
            )  # fmt: skip
            trace["x"].append(1)
            trace["y"].append(label)
            trace["base"].append(each["index"] - 0.5)
            trace["text"].append(f"v{won['version']}")
            trace["hovertext"].append(f"{label}, pass {each['index']}: version {won['version']}, {won['candidate']}")
    order = {"categoryorder": "array", "categoryarray": list(reversed(job.classes)), "automargin": True}
    return figure(
        list(data.values()),
        x="pass",
        xaxis={"dtick": 1, "range": [0.5, job.passes[-1]["index"] + 0.5]},
        yaxis=order,
        barmode="overlay",
        title={"text": "Champions"},
    )
