"""`results.json` and the table of a job."""

from collections.abc import Mapping, Sequence
from typing import Any

from kd.passes.job import Job
from kd.text import aligned

SCHEMA = 2
KINDS = ("tuned", "fixed")


def results(classes: Sequence[str], job: Job, *, selection: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a job whose passes are done; all scores are fractions, undefined ones None.

    selection: from `Judge.about`.
    """
    return {
        "schema": SCHEMA,
        "classes": list(classes),
        "tagger": job.tagger,
        "baseline": None,
        "passes": job.passes,
        "final": dict(job.passes[-1]["merged"]),
        "selection": dict(selection),
        "seconds": job.seconds,
        "clip_steps": job.clip_steps,
    }


def table(record: dict[str, Any], *, split: str, kind: str) -> str:
    """Event F1 in per cent by pass and class, in the form of S1's Table 1.

    split: `select` or `report`; kind: `fixed` or `tuned`. A star marks the champion of a class in its pass.
    """
    classes: list[str] = record["classes"]
    rows = [["pass", "config", "average", "95 %", *(label[:9] for label in classes)]]
    first = record["passes"][0]["champions"] if record["passes"] else {}
    own = {label for label, won in first.items() if won["version"] == record["tagger"]["version"]}
    rows.append(["0", "tagger", *_figures(record["tagger"][split][kind], classes, own)])
    for each in record["passes"]:
        for candidate in each["candidates"]:
            own = {label for label, won in each["champions"].items() if won["version"] == candidate["version"]}
            rows.append([str(each["index"]), candidate["name"], *_figures(candidate[split][kind], classes, own)])
        rows.append([str(each["index"]), "merged", *_figures(each["merged"][split][kind], classes, set())])
    head = (
        f"event-based F1, %, on the split to {'report' if split == 'report' else 'select'} on, {kind} operating points"
    )
    return f"{head}\n{aligned(rows, left=2)}\n*: champion of its class after that pass, the tagger after pass 1"


def honesty(record: dict[str, Any], *, kind: str) -> str:
    """The merged detector's three figures, and the optimism: the first minus the second."""
    final, about = record["final"], record["selection"]
    select, report = about["select"], about["report"]
    halved = len(record["classes"]) - len(about["uneven"])
    some = f", {halved} of {len(record['classes'])} classes" if about["uneven"] else ""
    rows = [
        [f"chosen and scored on {select['split']}", *_with_interval(final["select"][kind]["macro"])],
        [f"cross-fitted on its halves{some}", *_with_interval(final["crossfit"][kind]["macro"])],
    ]
    if report is not None and not about["crossfit"] and report["split"] != select["split"]:
        rows.append([f"{report['split']}, never chosen on", *_with_interval(final["report"][kind]["macro"])])
    optimism = final["optimism"][kind]
    rows.append(
        [
            f"optimism: chosen and scored minus cross-fitted{some}",
            percent(optimism["value"]),
            between(optimism["low"], optimism["high"]),
        ]
    )
    wide = max(len(row[0]) for row in rows)
    lines = [f"  {name.ljust(wide)}  {value:>6}  {interval}".rstrip() for name, value, interval in rows]
    few = ", ".join(select["few_makers"])
    marks = [f"fewer than 5 makers, so that their intervals say little: {few}"] if few else []
    if about["uneven"]:
        marks.append(
            f"all events by one {select['by']}, so not to be halved, and left out of cross-fitting and optimism: "
            + ", ".join(about["uneven"])
        )
    head = f"merged detector, macro event F1, %, {kind} operating points, 95 % intervals by {select['by']}"
    return "\n".join([head, *lines, *(f"  {mark}" for mark in marks)])


def tables(record: dict[str, Any]) -> str:
    """Every table of a job."""
    splits = ("select", "report") if record["final"]["report"] is not None else ("select",)
    shown = [table(record, split=split, kind=kind) for split in splits for kind in KINDS]
    return "\n\n".join([*shown, *(honesty(record, kind=kind) for kind in KINDS)])


def _figures(scores: dict[str, Any], classes: Sequence[str], own: set[str]) -> list[str]:
    figures = _with_interval(scores["macro"])
    return figures + [percent(scores["classes"][c]["f1"]) + ("*" if c in own else "") for c in classes]


def _with_interval(figures: Mapping[str, Any]) -> list[str]:
    """F1 and its interval."""
    return [percent(figures["f1"]), between(*(figures["f1_interval"] or (None, None)))]


def between(low: float | None, high: float | None) -> str:
    """Two fractions in per cent, `[41.2, 47.9]`; empty where undefined."""
    return "" if low is None or high is None else f"[{100 * low:.1f}, {100 * high:.1f}]"


def scores_table(classes: Sequence[str], splits: Mapping[str, dict[str, Any]]) -> str:
    """Event F1 in per cent of one model: a line per split and kind of operating points."""
    rows = [["split", "points", "average", "95 %", *(label[:9] for label in classes)]]
    rows += [[name, kind, *_figures(scores[kind], classes, set())] for name, scores in splits.items() for kind in KINDS]
    return aligned(rows, left=2)


def percent(value: float | None) -> str:
    """A fraction in per cent, `-` where undefined."""
    return "-" if value is None else f"{100 * value:.2f}"
