"""`results.json` and the table of a job."""

from collections.abc import Mapping, Sequence
from typing import Any

from kd.passes.job import Job

SCHEMA = 1


def results(classes: Sequence[str], job: Job) -> dict[str, Any]:
    """The record of a job whose passes are done; all scores are fractions, undefined ones None."""
    last = job.passes[-1]["merged"]
    return {
        "schema": SCHEMA,
        "classes": list(classes),
        "tagger": job.tagger,
        "baseline": None,
        "passes": job.passes,
        "final": {"select": last["select"], "report": last["report"]},
        "seconds": job.seconds,
        "clip_steps": job.clip_steps,
    }


def table(record: dict[str, Any], *, split: str, kind: str) -> str:
    """Event F1 in per cent by pass and class, in the form of S1's Table 1.

    split: `select` or `report`; kind: `fixed` or `tuned`. A star marks the champion of a class in its pass.
    """
    classes: list[str] = record["classes"]
    rows = [["pass", "config", "average", *(label[:9] for label in classes)]]
    rows.append(["0", "tagger", *_figures(record["tagger"][split][kind], classes, set())])
    for each in record["passes"]:
        for candidate in each["candidates"]:
            own = {label for label, won in each["champions"].items() if won["version"] == candidate["version"]}
            rows.append([str(each["index"]), candidate["name"], *_figures(candidate[split][kind], classes, own)])
        rows.append([str(each["index"]), "merged", *_figures(each["merged"][split][kind], classes, set())])
    head = (
        f"event-based F1, %, on the split to {'report' if split == 'report' else 'select'} on, {kind} operating points"
    )
    return f"{head}\n{_aligned(rows)}"


def tables(record: dict[str, Any]) -> str:
    """Every table of a job."""
    splits = ("select", "report") if record["final"]["report"] is not None else ("select",)
    return "\n\n".join(table(record, split=split, kind=kind) for split in splits for kind in ("tuned", "fixed"))


def _figures(scores: dict[str, Any], classes: Sequence[str], own: set[str]) -> list[str]:
    figures = [percent(scores["macro"]["f1"])]
    return figures + [percent(scores["classes"][c]["f1"]) + ("*" if c in own else "") for c in classes]


def scores_table(classes: Sequence[str], splits: Mapping[str, dict[str, Any]]) -> str:
    """Event F1 in per cent of one model: a line per split and kind of operating points."""
    rows = [["split", "points", "average", *(label[:9] for label in classes)]]
    rows += [
        [name, kind, *_figures(scores[kind], classes, set())] for name, scores in splits.items() for kind in scores
    ]
    return _aligned(rows)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    wide = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = (
        "  ".join(cell.ljust(w) if i == 1 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, wide, strict=True)))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def percent(value: float | None) -> str:
    """A fraction in per cent, `-` where undefined."""
    return "-" if value is None else f"{100 * value:.2f}"
