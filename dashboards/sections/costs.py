"""Where time and memory went."""

from typing import Any

from dashboards.figures import COLOURS, figure
from dashboards.kept import JobRecord
from dashboards.markup import Cell, Figure, Section, chart, number, quiet, table

STEPS = {"labels": "labels and studies", "networks": "training and judging", "merging": "merging"}


def section(job: JobRecord) -> Section:
    """Seconds by step of each pass; seconds and peak memory of each training."""
    body = quiet(
        "Wall-clock seconds by step, as the process saw them that finished the pass; networks train side by side. Memory is "
        "the peak of the process at work."
    )
    figures: dict[str, Figure] = {}
    if any(isinstance(each.get("seconds"), dict) for each in job.passes):
        figures["time"] = by_step(job)
        body += chart("time", label="Seconds of each step over the passes", height=320)
    rows = [row("0", "tagger", job.result["tagger"])]
    for each in job.passes:
        rows += [row(str(each["index"]), candidate["name"], candidate) for candidate in each["candidates"]]
    return Section(
        "costs",
        "Time and memory",
        body + table(["pass", "training", "seconds", "peak MB"], rows, caption="Trainings", left=2),
        figures,
    )


def row(index: str, name: str, record: dict[str, Any]) -> list[Cell | str]:
    """A training."""
    return [
        Cell(index, int(index)),
        name,
        number(record["seconds"], digits=1),
        number(record.get("megabytes"), digits=0),
    ]


def by_step(job: JobRecord) -> Figure:
    """Stacked seconds."""
    passes = [each for each in job.passes if isinstance(each.get("seconds"), dict)]
    data = [
        {
            "type": "bar", "name": name, "x": [each["index"] for each in passes],
            "y": [round(each["seconds"].get(step, 0), 2) for each in passes],
            "customdata": [round(each["megabytes"].get(step, 0)) for each in passes],
            "hovertemplate": "%{y:.1f} s, %{customdata} MB", "marker": {"color": COLOURS[i]},
        }
        for i, (step, name) in enumerate(STEPS.items())
    ]  # fmt: skip
    return figure(data, x="pass", y="seconds", barmode="stack", xaxis={"dtick": 1})
