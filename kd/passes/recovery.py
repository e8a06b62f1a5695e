"""Runs that an earlier process left behind."""

import contextlib
from collections.abc import Iterator

from kd.cli import Terminated
from kd.passes.job import Job
from kd.tracking.runs import PARENT, Runs


def take_over(runs: Runs, job: Job, *, old: str) -> None:
    """Hang the finished runs of a job below its new parent; mark the old parent and unfinished runs KILLED.

    old: the parent of the process before, empty for a new job.
    """
    if not old or old == job.parent:
        job.save()
        return
    for run in runs.find({"kd.iterate_id": job.iterate_id}):
        identity, kind = run.info.run_id, run.data.tags.get("kd.kind")
        if identity == job.parent:
            continue
        if run.data.tags.get(PARENT) == old:
            runs.tag(identity, {PARENT: job.parent})
        if run.info.status == "RUNNING" and kind != "pass":
            runs.end(identity, "KILLED")
    runs.tag(old, {"kd.resumed_by": job.parent})
    runs.end(old, "KILLED")
    job.save()


def pass_run(runs: Runs, job: Job, index: int) -> str:
    """The run of a pass: the one an earlier process began, else a new one."""
    tags = {"kd.iterate_id": job.iterate_id, "kd.kind": "pass", "kd.pass": str(index)}
    begun = runs.find(tags)
    if begun:
        runs.reopen(begun[0].info.run_id)
        return str(begun[0].info.run_id)
    return runs.create(f"pass-{index:02d}", tags=tags, parent=job.parent)


@contextlib.contextmanager
def ended(runs: Runs) -> Iterator[None]:
    """End every run begun and not ended yet: FINISHED, KILLED on a signal, FAILED on an error."""
    try:
        yield
    except (KeyboardInterrupt, Terminated):
        _end_all(runs, "KILLED")
        raise
    except BaseException:
        _end_all(runs, "FAILED")
        raise
    for run in reversed(runs.open):
        runs.end(run)


def _end_all(runs: Runs, status: str) -> None:
    """End what is open, as far as the store still answers."""
    with contextlib.suppress(Exception):
        for run in reversed(runs.open):
            runs.end(run, status)
