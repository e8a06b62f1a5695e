"""Runs side by side: what differs in their scores, class by class with intervals, and in their settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.figures import COLOURS, figure
from dashboards.kept import JobRecord, job_record
from dashboards.markup import Cell, Figure, Section, chart, number, percent, quiet, table, text
from dashboards.page import Page
from dashboards.sections.headline import shown_split
from dashboards.sections.settings import settings_of
from dashboards.settings import ReportSettings
from dashboards.systems import last_system
from kd.errors import UserError
from kd.passes.scoring_settings import CompareSettings
from kd.scoring.contrast import contrast
from kd.scoring.headline import Sampling
from kd.scoring.measure import Rules
from kd.scoring.system import System
from kd.tracking.runs import Runs, is_run_id

Found = dict[str, Any]
RATES = (
    ("event F1, macro", "event_based", "macro"),
    ("event F1, micro", "event_based", "micro"),
    ("segment F1, macro", "segment_based", "macro"),
)


@dataclass(frozen=True)
class Side:
    """A run to compare. system: its last merged detector, or its network, on the split."""

    run: str
    name: str
    params: dict[str, str]
    system: System


def runs_named(words: str) -> list[str]:
    """The runs that `runs=` names. Raises UserError for fewer than two, more than eight, or one twice."""
    named = [word.strip() for word in words.split(",") if word.strip()]
    for word in named:
        if not is_run_id(word):
            raise UserError(f"runs={word!r} is no run's id", "give ids of runs, separated by commas")
    if not 2 <= len(named) <= 8 or len(set(named)) < len(named):
        raise UserError(
            f"{len(named)} runs are named, {len(set(named))} of them different", "name 2 to 8 different ones"
        )
    return named


def side_of(runs: Runs, run: str, settings: ReportSettings) -> Side:
    """A run with what it scored. Raises UserError where it kept nothing that can be compared."""
    tags = runs.tags_of(run)
    if tags is None:
        raise UserError(f"there is no run {run} in the tracking store", "check the id and MLFLOW_TRACKING_URI")
    if tags.get("kd.kind") == "iterate" or "kd.result_of" in tags:
        job = job_record(runs, run)
        return Side(run, job.name, settings_of(job.params), _system(job, settings.split))
    if not settings.data:
        raise UserError(f"run {run} is no iterate run: its clips are those of a corpus", "name the corpus with data=")
    from kd.passes.systems import of_run

    where = CompareSettings(data=settings.data, split=settings.split or "test/test")
    try:
        system = of_run(run, where, makers=True)
    except UserError as error:
        raise UserError(error.message, f"name the corpus and the split that run {run} was scored on") from None
    return Side(run, tags.get("mlflow.runName", "run"), settings_of(runs.params_of(run)), system)


def _system(job: JobRecord, split: str) -> System:
    for role in job.roles if split else (shown_split(job),):
        clips = job.clips(role)
        if clips is None or (split and clips["split"] != split):
            continue
        if system := last_system(job, role):
            return system
    what = f"no scores of split={split}" if split else "no scores to compare"
    raise UserError(f"run {job.run} keeps {what}", "runs of this version keep those of select_on and report_on")


def comparison_page(sides: Sequence[Side], *, resamples: int) -> Page:
    """The first of the runs beside each other one."""
    first, *others = sides
    called = names_of(sides)
    found = {side.run: compared(first, side, called, resamples=resamples) for side in others}
    figures = {"differences": differences(others, found, called)}
    classes = list(next(iter(found.values()))["difference"]["classes"])
    many = 110 + (18 + 12 * len(others)) * len(classes)
    makers = "maker" if first.system.makers is not None else "clip"
    split = (first.system.about or {}).get("split", "the split")
    sections = [
        Section(
            "overall",
            "Overall",
            quiet(
                f"On {split}, each at its own operating points; differences to {called[first.run]}, paired, with 95 % "
                f"intervals by {makers}. *: the interval excludes zero."
            )
            + overall(sides, found, called),
        ),
        Section(
            "classes",
            "Class by class",
            chart("differences", label="Difference in event F1 of each class with its interval", height=many)
            + by_class(sides, found, called, classes),
            figures,
        ),
        Section("settings", "Settings that differ", unlike(sides, called)),
    ]  # fmt: skip
    title = " beside ".join(called.values()) if len(sides) == 2 else f"{len(sides)} runs side by side"
    intro = "".join(f"<p class=quiet>{text(called[side.run])}: run {text(side.run)}</p>" for side in sides)
    return Page(title=title, intro=intro, sections=sections)


def compared(one: Side, other: Side, called: dict[str, str], *, resamples: int) -> Found:
    """`contrast` of two sides. Raises UserError where they were scored on different clips, or share no class."""
    try:
        return contrast([one.system], [other.system], rules=Rules(), sampling=Sampling(resamples=resamples))
    except UserError as error:
        reason = error.message.replace("only a is", f"only {called[one.run]} is")
        reason = reason.replace("only b is", f"only {called[other.run]} is")
        both = f"{called[one.run]} and {called[other.run]}"
        raise UserError(f"{both} cannot be compared: {reason}", "name runs of one corpus and split") from None


def names_of(sides: Sequence[Side]) -> dict[str, str]:
    """Run to what to call it: its name, and where several share it, the beginning of its id."""
    names = [side.name for side in sides]
    return {side.run: side.name if names.count(side.name) == 1 else f"{side.name} {side.run[:6]}" for side in sides}


def overall(sides: Sequence[Side], found: dict[str, Found], called: dict[str, str]) -> str:
    """Macro and micro figures, and differences to the first."""
    rows: list[list[Cell | str]] = []
    anyone = next(iter(found.values()))
    for name, kind, mean in RATES:
        row: list[Cell | str] = [name, percent(anyone["a"][kind][mean]["f1"])]
        for each in found.values():
            change = each["difference"] if kind == "event_based" else each["difference"][kind]
            row += [percent(each["b"][kind][mean]["f1"]), changed(change[mean]["f1"])]
        rows.append(row)
    for name in ("psds1", "psds2"):
        if anyone["difference"][name] is not None:
            row = [name.upper(), number(value_of(anyone["a"][name]), digits=3)]
            for each in found.values():
                row += [
                    number(value_of(each["b"][name]), digits=3),
                    changed(each["difference"][name], scale=1.0, digits=3),
                ]
            rows.append(row)
    return table(
        ["figure", *_heads(sides, called)], rows, caption="Figures and differences, per cent; PSDS from 0 to 1"
    )


def value_of(found: Any) -> float | None:
    """A figure that stands alone or with its curve."""
    value = found.get("value") if isinstance(found, dict) else found
    return None if value is None else float(value)


def by_class(sides: Sequence[Side], found: dict[str, Found], called: dict[str, str], classes: Sequence[str]) -> str:
    """Event F1 of each class."""
    rows: list[list[Cell | str]] = []
    for label in classes:
        anyone = next(iter(found.values()))
        row: list[Cell | str] = [label, percent(anyone["a"]["event_based"]["classes"][label]["f1"])]
        for each in found.values():
            row.append(percent(each["b"]["event_based"]["classes"][label]["f1"]))
            row.append(changed(each["difference"]["classes"][label]["f1"]))
        rows.append(row)
    return table(["class", *_heads(sides, called)], rows, caption="Event F1, per cent")


def _heads(sides: Sequence[Side], called: dict[str, str]) -> list[str]:
    heads = [called[sides[0].run]]
    for side in sides[1:]:
        heads += [called[side.run], "difference"]
    return heads


def changed(found: Found, *, scale: float = 100.0, digits: int = 2) -> Cell:
    """A difference with its interval; a star where that excludes zero."""
    if found["value"] is None:
        return Cell("–", float("-inf"))
    span = (
        "" if found["low"] is None else f"\n{scale * found['low']:+.{digits}f} to {scale * found['high']:+.{digits}f}"
    )
    star = " *" if found["excludes_zero"] else ""
    return Cell(f"{scale * found['value']:+.{digits}f}{star}{span}", found["value"], "*: the interval excludes zero")


def differences(others: Sequence[Side], found: dict[str, Found], called: dict[str, str]) -> Figure:
    """Differences of each class and of all, as points with intervals."""
    data = []
    for i, side in enumerate(others):
        change = found[side.run]["difference"]
        rows = {
            "all classes": change["macro"]["f1"],
            **{label: each["f1"] for label, each in change["classes"].items()},
        }
        there = {label: row for label, row in rows.items() if row["value"] is not None and row["low"] is not None}
        data.append(
            {
                "x": [round(100 * row["value"], 3) for row in there.values()], "y": list(there), "name": called[side.run],
                "orientation": "h",
                "mode": "markers", "marker": {"color": COLOURS[i], "size": 9},
                "error_x": {
                    "type": "data", "symmetric": False, "thickness": 1.5, "width": 4,
                    "array": [round(100 * max(0, row["high"] - row["value"]), 3) for row in there.values()],
                    "arrayminus": [round(100 * max(0, row["value"] - row["low"]), 3) for row in there.values()],
                },
            }
        )  # fmt: skip
    axis = {"automargin": True, "autorange": "reversed", "type": "category"}
    return figure(
        data,
        x="difference in event F1, points",
        yaxis=axis,
        xaxis={"zeroline": True, "zerolinewidth": 2},
        scattermode="group",
    )


def unlike(sides: Sequence[Side], called: dict[str, str]) -> str:
    """Parameters that are not the same everywhere."""
    names = sorted({name for side in sides for name in side.params} - {"iterate_id"})
    rows = [
        [name, *(side.params.get(name, "–") for side in sides)]
        for name in names
        if len({side.params.get(name) for side in sides}) > 1
    ]
    if not rows:
        return quiet("None: all parameters are the same.")
    return table(["parameter", *called.values()], rows, caption="Parameters", left=1 + len(sides))
