"""The Pareto chart of a job: F1 against parameters and against the time of a clip."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kd.compress.knee import front
from kd.passes.judging import macro
from kd.text import literal

MARKERS = {"small": "o", "small-conv": "s"}
COLOURS = {"convex": "#1f5fa8", "mean": "#c2571a", "best": "#2a7f4f", "none": "#777777"}
APART = 1.05
WORDS = {
    "convex": "convex weights",
    "mean": "plain mean",
    "best": "best teacher of each class",
    "none": "without teachers",
}


def draw_pareto(path: Path, record: Mapping[str, Any]) -> None:
    """Write a PNG, a row for each scored split: students with 95 % intervals, the front, the knee, the teachers."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator

    splits = list(record["splits"])
    figure = Figure(figsize=(11, 4.1 * len(splits) + 0.5), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(splits), 2, squeeze=False, sharey="row")
    students = record["students"]
    ways = {
        "parameters": [each["parameters"] for each in students],
        "ms a clip of 10 s on one core, features included": [
            each["costs"]["float32"]["milliseconds"] for each in students
        ],
    }
    for row, split in zip(grid, splits, strict=True):
        scores = [100 * (macro(each[split]) or 0.0) for each in students]
        for column, (axis, (name, values)) in enumerate(zip(row, ways.items(), strict=True)):
            kept = front(list(zip(values, scores, strict=True)))
            axis.plot(
                [values[i] for i in kept],
                [scores[i] for i in kept],
                color="#bbbbbb",
                linewidth=1,
                zorder=1,
                label="front",
            )
            beside = list(dict.fromkeys(each["weighting"] for each in students))
            seen: set[tuple[str, str]] = set()
            for value, score, each in zip(values, scores, students, strict=True):
                kind = (each["architecture"], each["weighting"])
                bounds = each[split]["tuned"]["macro"].get("f1_interval")
                if column == 0:  # students of one size side by side
                    value *= APART ** (beside.index(each["weighting"]) - (len(beside) - 1) / 2)
                spread = None if bounds is None else [[score - 100 * bounds[0]], [100 * bounds[1] - score]]
                axis.errorbar(
                    [value],
                    [score],
                    yerr=spread,
                    fmt=MARKERS[kind[0]],
                    color=COLOURS[kind[1]],
                    markersize=7,
                    elinewidth=0.8,
                    label=None if kind in seen else literal(f"{kind[0]}, {WORDS[kind[1]]}"),
                )
                seen.add(kind)
                if each["name"] == record["proposed"] and len(students) > 1:
                    axis.scatter(
                        [value], [score], s=220, facecolors="none", edgecolors="black", zorder=3, label="proposed"
                    )
            best = next(each for each in record["teachers"] if each["name"] == record["best_teacher"])
            top = 100 * (macro(best[split]) or 0.0)
            axis.axhline(
                top,
                color="black",
                linewidth=0.8,
                linestyle="--",
                label=f"best teacher, {best['parameters']} parameters",
            )
            together = 100 * (macro(record["weightings"]["convex"][split]) or 0.0)
            axis.axhline(together, color="black", linewidth=0.8, linestyle=":", label="all teachers, convex weights")
            if column == 0:
                axis.set_xscale("log")
                axis.set_xticks(sorted(set(values)), [str(value) for value in sorted(set(values))], rotation=45)
                axis.xaxis.set_minor_locator(NullLocator())
                axis.set_ylabel("macro event F1, %")
            axis.set_xlabel(name)
            axis.set_title(literal(record["splits"][split]), fontsize=10)
            axis.grid(alpha=0.2)
            axis.set_ylim(bottom=0)
    grid[0][1].legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8, frameon=False)
    figure.savefig(path, dpi=110)
