"""The parts of a scene job's page."""

from typing import Any

import numpy as np

from dashboards.figures import COLOURS, faint, figure, style
from dashboards.markup import Cell, Figure, Section, chart, folded, number, percent, quiet, table, text
from dashboards.scenes.record import SceneRecord
from dashboards.sections.headline import number_card
from kd.progress import clock
from kd.scenes.result_tables import paper_tables, with_bounds
from kd.scoring.accuracy import between, most_confused

Found = dict[str, Any]
MOST_PAIRS = 10
SIDES = {"before": "without what the paper adds", "after": "with it"}


def bounds_of(found: Found) -> list[float | None]:
    """Of an interval."""
    return [found["low"], found["high"]]


def headline(job: SceneRecord) -> Section:
    """Accuracy before and after, and the difference."""
    part, result = job.part, job.result
    name = "ensemble" if "ensemble" in result["differences"] else next(iter(result["differences"]))
    change = result["differences"][name]
    cards = [
        number_card(
            job.system(side)["name"],
            job.system(side)[part]["accuracy"]["value"],
            bounds_of(job.system(side)[part]["accuracy"]),
            final=side == "after",
        )
        for side in SIDES
    ]
    cards.append(number_card(f"difference, {name}", change[part]["value"], bounds_of(change[part]), sign=True))
    clips = result["clips"][part]
    scored = (
        "on which nothing was chosen" if part == "report" else "on which settings were chosen: these numbers flatter"
    )
    facts = [
        f"{result['training_clips']} training clips, {len(clips['names'])} scored ones, {len(job.classes)} classes",
        f"{clock(result['seconds'])} of work, {len(result['systems'])} systems, all of them versions of {result['model']}",
    ]
    words = f"Accuracy in per cent on {clips['split']}, {scored}; 95 % intervals by place of recording."
    return Section(
        "headline",
        "What came of it",
        f"<div class=cards>{''.join(cards)}</div>{quiet(words)}"
        f"<ul class=facts>{''.join(f'<li>{text(fact)}</li>' for fact in facts)}</ul>",
    )


def tables(job: SceneRecord) -> Section:
    """The paper's tables, and differences."""
    body = "".join(
        table(rows[0], [[row[0], *map(cell_of, row[1:])] for row in rows[1:]], caption=title)
        for title, rows in paper_tables(job.result, job.part)
    )
    rows: list[list[Cell | str]] = []
    for name, each in job.result["differences"].items():
        row: list[Cell | str] = [name]
        for part in job.result["clips"]:
            found = each[part]
            star = " *" if found["excludes_zero"] else ""
            row.append(Cell(with_bounds(found, sign=True) + star, found["value"]))
        rows.append(row)
    body += table(
        ["after minus before", *job.result["clips"]],
        rows,
        caption="Differences in accuracy, points, paired, 95 % by place; *: the interval excludes zero",
    )
    if part_of := job.result.get("study"):
        best = ", ".join(f"{key} {value:.3g}" for key, value in part_of["best"].items())
        body += quiet(f"Optuna chose {best} on the selection part.")
    return Section("tables", "The paper's tables", quiet(f"Accuracy in per cent, {job.part} part.") + body)


def cell_of(words: str) -> Cell:
    """A figure of a table of text."""
    return Cell(words, float(words)) if words else Cell("")


def confusions(job: SceneRecord) -> Section:
    """Both confusion matrices side by side, and what changed."""
    figures: dict[str, Figure] = {}
    parts = []
    for side, words in SIDES.items():
        system = job.system(side)
        figures[f"confusion-{side}"] = matrix(job, system[job.part]["confusion"], f"{system['name']}")
        label = f"Confusion matrix {words}: {system['name']}"
        parts.append(chart(f"confusion-{side}", label=label, height=130 + 30 * len(job.classes)))
    changes = confusion_changes(job)
    body = quiet("Rows: what is true; columns: what is found; in per cent of the row's clips.")
    return Section("confusions", "Confusions", f"{body}<div class=two>{''.join(parts)}</div>{changes}", figures)


def matrix(job: SceneRecord, counts: list[list[int]], title: str) -> Figure:
    """A heat map."""
    found = np.asarray(counts, float)
    shares = 100 * found / np.maximum(found.sum(axis=1, keepdims=True), 1)
    names = list(job.classes)
    words = [[f"{share:.0f}" if share >= 0.5 else "" for share in row] for row in shares.tolist()]
    data = {
        "type": "heatmap", "x": names, "y": names, "z": shares.round(1).tolist(), "zmin": 0, "zmax": 100,
        "colorscale": [[0, faint(COLOURS[0], 0.0)], [1, COLOURS[0]]], "showscale": False, "text": words,
        "texttemplate": "%{text}", "customdata": found.tolist(), "xgap": 1, "ygap": 1, "name": "",
        "hovertemplate": "%{y} found to be %{x}: %{customdata:.0f} clips<extra></extra>",
    }  # fmt: skip
    axis = {"automargin": True, "tickangle": -60}
    return figure([data], title={"text": title}, xaxis=axis, yaxis={"autorange": "reversed", "automargin": True})


def confusion_changes(job: SceneRecord) -> str:
    """Pairs of classes that are most often taken for each other before, with the clips before and after."""
    counts = {side: np.asarray(job.system(side)[job.part]["confusion"], np.int64) for side in SIDES}
    rows: list[list[Cell | str]] = []
    for i, j in most_confused(counts["before"], pairs=MOST_PAIRS):
        before, after = (between(counts[side], (i, j)) for side in SIDES)
        cells = [number(float(before), digits=0), number(float(after), digits=0)]
        rows.append(
            [f"{job.classes[i]} and {job.classes[j]}", *cells, Cell(f"{after - before:+d}", float(after - before))]
        )
    return table(["pair", "before", "after", "change"], rows, caption="Clips of a pair taken for the other class")


def classes(job: SceneRecord) -> Section:
    """Accuracy of each class before and after, and who is its champion."""
    rows: list[list[Cell | str]] = []
    before, after = (job.system(side)[job.part]["classes"] for side in SIDES)
    for label in job.classes:
        one, other = before[label]["value"], after[label]["value"]
        change = None if one is None or other is None else other - one
        won = job.result["champions"][label]
        best = f"{won['name']} (version {won['version']})"
        shown = "–" if change is None else f"{100 * change:+.1f}"
        rows.append([label, percent(one), percent(other), Cell(shown, change), best])
    head = ["class", "before", "after", "change", "best network, selected"]
    return Section("classes", "Classes", table(head, rows, caption="Share of each class's clips found, per cent"))


def networks(job: SceneRecord) -> Section:
    """Every system, and how losses fell."""
    rows: list[list[Cell | str]] = []
    data: list[dict[str, Any]] = []
    for name, each in job.result["systems"].items():
        row: list[Cell | str] = [name, Cell(str(each["version"]), each["version"])]
        for part in ("select", "report"):
            row.append(percent(each[part]["accuracy"]["value"]) if part in each else Cell(""))
        row += [number(each["seconds"], digits=0), number(each["megabytes"], digits=0)]
        rows.append(row)
        if each["losses"]:
            steps, values = zip(*each["losses"], strict=True)
            trace = {"x": list(steps), "y": smoothed(list(values)), "name": name, "mode": "lines"}
            data.append({**trace, **style(len(data)), "visible": True if len(data) < len(COLOURS) else "legendonly"})
    curves = figure(data, x="step", y="loss, relative to the first", yaxis={"rangemode": "tozero"})
    body = table(
        ["system", "version", "select", "report", "seconds", "peak MB"], rows, caption="Systems, accuracy in per cent"
    )
    body += folded("learning curves", chart("losses", label="Loss of each training over its steps", height=420))
    return Section("networks", "Networks", body, {"losses": curves})


def smoothed(values: list[float], over: int = 5) -> list[float]:
    """A running mean, relative to the first value: losses of soft and of hard labels have other sizes."""
    found = np.convolve(np.pad(values, (over // 2, over // 2), mode="edge"), np.ones(over) / over, mode="valid")
    return [round(float(x), 4) for x in found / max(abs(found[0]), 1e-9)]
