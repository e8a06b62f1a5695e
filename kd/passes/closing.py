"""What a job says and keeps of its passes and its end."""

from collections.abc import Mapping, Sequence
from typing import Any

from kd.config import say
from kd.passes.job import Job, write_result
from kd.passes.judging import Judge, macro
from kd.passes.metrics import label_metrics, score_metrics
from kd.passes.results import honesty, percent, results, table, tables
from kd.progress import clock
from kd.tracking.runs import Runs
from kd.tracking.store import ui_command


def log_pass(runs: Runs, classes: Sequence[str], parent: str, record: Mapping[str, Any]) -> None:
    """The merged scores of a pass, and what its labels were like, on the iterate run, at step = pass."""
    merged = record["merged"]
    found = score_metrics(classes, select=merged["select"], report=merged["report"], most=None)
    found |= label_metrics(record["labels"])
    runs.metrics(parent, {name: [(record["index"], value)] for name, value in found.items()})


def summary(record: Mapping[str, Any]) -> str:
    """One line about a finished pass."""
    parts = ", ".join(f"{c['name']} {percent(macro(c['select']))}" for c in record["candidates"])
    merged = record["merged"]
    line = f"pass {record['index']}: select F1 {parts}; merged {percent(macro(merged['select']))}"
    line += f" (cross-fitted {percent(macro(merged['crossfit']))})"
    reported = macro(merged["report"])
    return line if reported is None else f"{line}; report F1 merged {percent(reported)}"


def conclude(runs: Runs, job: Job, judge: Judge) -> None:
    """Make and log the result of a job whose passes are done."""
    job.save()
    result = results(judge.classes, job, selection=judge.about())
    keep(runs, job.parent, result)
    job.result = result
    job.save()


def keep(runs: Runs, run: str, result: dict[str, Any]) -> None:
    """Log a job's result on a run."""
    runs.json(run, result, "results.json")
    runs.json(run, result["passes"][-1]["champions"], "champions.json")
    runs.text(run, tables(result), "table.txt")


def show(job: Job, *, model: str, kind: str) -> None:
    """Write `results.json` beside the job's state; print the table and where everything is."""
    assert job.result is not None
    written = write_result(job)
    split = "select" if job.result["final"]["report"] is None else "report"
    say("\n" + table(job.result, split=split, kind=kind))
    say("\n" + honesty(job.result, kind=kind))
    say(f"\ntime: {clock(job.seconds)}")
    say(f"results: {written}")
    say(f"merged detector: models:/{model}@merged")
    say(f"to look around: {ui_command()}")
