"""Runs that an earlier process left behind."""

import contextlib
import platform
from collections.abc import Iterator, Sequence

from kd.cli import Terminated
from kd.config import home
from kd.passes.job import Job, finished_runs, state_folder
from kd.passes.steps import Steps
from kd.temporary import sweep as sweep_files
from kd.tracking.runs import DONE, OWNED, PARENT, Runs


def owner_tags(model: str) -> dict[str, str]:
    """Tags of every run of jobs that one lock keeps apart: of this model, machine and home."""
    return {"kd.model": model, OWNED: f"{platform.node()}:{home()}".replace("'", "")}


def sweep(runs: Runs, model: str) -> int:
    """End the runs that dead processes left RUNNING, and remove their half-written files; call it while holding the
    model's lock. Returns how many runs there were.

    Runs of finished jobs and runs recorded whole end FINISHED, others KILLED.
    """
    finished = finished_runs(model)
    Steps(state_folder(model) / "steps").sweep()
    sweep_files(home())
    left = [run for run in runs.find(owner_tags(model), status="RUNNING") if run.info.run_id != runs.adopted]
    for run in left:
        whole = run.info.run_id in finished or run.data.tags.get(DONE) == "true"
        runs.end(run.info.run_id, "FINISHED" if whole else "KILLED")
    return len(left)


def take_over(runs: Runs, job: Job, *, top: str = "iterate", below: Sequence[str] = ("pass", "tagger")) -> None:
    """Hang all runs of a job below its present parent, and say on its former parents which one that is.

    top: kind of the parent; below: kinds of the runs directly below it.
    """
    for run in runs.find({"kd.iterate_id": job.iterate_id}):
        identity, kind = run.info.run_id, run.data.tags.get("kd.kind")
        if kind in below and run.data.tags.get(PARENT) != job.parent:
            runs.tag(identity, {PARENT: job.parent})
        if kind == top and identity != job.parent:
            runs.tag(identity, {"kd.resumed_by": job.parent})
            runs.end(identity, "KILLED")


def pass_run(runs: Runs, job: Job, index: int, *, model: str) -> str:
    """The run of a pass: the one an earlier process began, else a new one."""
    tags = {"kd.iterate_id": job.iterate_id, "kd.kind": "pass", "kd.pass": str(index)}
    begun = runs.find(tags)
    if begun:
        runs.reopen(begun[0].info.run_id)
        return str(begun[0].info.run_id)
    return runs.create(f"pass-{index:02d}", tags={**tags, **owner_tags(model)}, parent=job.parent)


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
    runs.hurry()
    with contextlib.suppress(Exception):
        for run in reversed(runs.open):
            runs.end(run, status)
