"""What a job keeps in the tracking store, read back."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid
from kd.errors import UserError
from kd.passes.kept_scores import FOLDER, load_scores
from kd.tracking.runs import Runs, is_run_id

ROLES = ("select", "report")
Logits = npt.NDArray[np.float16]
csv.field_size_limit(1 << 24)  # reports of long attempts


@dataclass(frozen=True, slots=True)
class Kept:
    """Logits of a scored split, `(clips, frames, classes)`, and what their run says of them."""

    about: dict[str, Any]
    logits: Logits

    @property
    def grid(self) -> FrameGrid:
        """Where the frames lie."""
        return FrameGrid(**self.about["grid"])


@dataclass(frozen=True)
class JobRecord:
    """An iterate run. tags, params: as the store has them; result: `results.json`, of the passes that are done."""

    runs: Runs
    run: str
    tags: dict[str, str]
    params: dict[str, str]
    result: dict[str, Any]
    _clips: dict[str, Any] = field(default_factory=dict)

    @property
    def passes(self) -> list[dict[str, Any]]:
        """The records of the passes."""
        return list(self.result["passes"])

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes."""
        return tuple(self.result["classes"])

    @property
    def name(self) -> str:
        """What to call the job in a headline."""
        return self.tags.get("mlflow.runName", "iterate")

    @property
    def running(self) -> bool:
        """Whether passes are still to come."""
        return len(self.passes) < int(self.params.get("cfg.passes", "0") or 0)

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """The scored splits that the run describes."""
        return tuple(role for role in ROLES if self.clips(role) is not None)

    def clips(self, role: str) -> dict[str, Any] | None:
        """`clips/<role>.json`; None where the run keeps none."""
        if role not in self._clips:
            path = self.place("clips")
            about = None if path is None else path / f"{role}.json"
            self._clips[role] = json.loads(about.read_text("utf-8")) if about and about.is_file() else None
        found: dict[str, Any] | None = self._clips[role]
        return found

    def place(self, name: str, *, run: str = "") -> Path | None:
        """An artifact of the job's run, or of another one."""
        return self.runs.kept(run or self.run, name)

    def scores(self, run: str, role: str) -> Kept | None:
        """What a run of the job scored of a split; None where it keeps nothing that says where its frames lie."""
        folder = self.place(FOLDER, run=run)
        if folder is None or not (folder / f"{role}.json").is_file():
            return None
        about, logits = load_scores(folder, role, run=run)
        return Kept(about, logits) if "grid" in about else None

    def studies(self) -> list[dict[str, Any]]:
        """Every study: `pass`, `kind`, what `best.json` says, and its `trials`, rows by column."""
        found = []
        for each in self.passes:
            kinds = (each["labels"] or {}).get("studies", {})
            studies = self.place("studies", run=each["run_id"]) if kinds else None
            for kind in kinds if studies else ():
                found.append({"pass": each["index"], "kind": kind, **study_in(studies / kind)})
        return found


def study_in(folder: Path) -> dict[str, Any]:
    """A study as its job logged it: what `best.json` says, and its `trials`, rows by column."""
    best = json.loads((folder / "best.json").read_text("utf-8"))
    with (folder / "trials.tsv").open(encoding="utf-8", newline="") as table:
        return {**best, "trials": list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))}


def job_run(runs: Runs, run: str) -> tuple[str, dict[str, str]]:
    """The run of a job that has its result, and its tags. Raises UserError for a run that is absent."""
    if not is_run_id(run):
        raise UserError(f"run={run!r} is no run's id", "give the id of an iterate run: 32 letters and digits")
    tags = runs.tags_of(run)
    if tags is None:
        raise UserError(f"there is no run {run} in the tracking store", "check the id and MLFLOW_TRACKING_URI")
    source = tags.get("kd.result_of")
    return (run, tags) if source is None else job_run(runs, source)


def job_record(runs: Runs, run: str) -> JobRecord:
    """An iterate run's record. Raises UserError for a run that is absent, of another kind, or has finished no pass."""
    run, tags = job_run(runs, run)
    if tags.get("kd.kind") != "iterate":
        raise UserError(f"run {run} is no iterate run", f"it is {tags.get('kd.kind') or 'none of this project'}")
    path = runs.kept(run, "results.json")
    if path is None:
        raise UserError(f"run {run} has finished no pass yet", "wait for its first pass, or name another run")
    return JobRecord(runs, run, tags, runs.params_of(run), json.loads(path.read_text("utf-8")))


def newest_job(runs: Runs, kinds: Sequence[str] = ("iterate",)) -> str:
    """The newest run of these kinds of jobs that has a result. Raises UserError where there is none."""
    found = [run for kind in kinds for run in runs.find({"kd.kind": kind})]
    for run in sorted(found, key=lambda each: -each.info.start_time):
        if "kd.resumed_by" not in run.data.tags and runs.kept(run.info.run_id, "results.json") is not None:
            return str(run.info.run_id)
    raise UserError("the tracking store holds no iterate run with a finished pass", "run iterate first, or give run=")
