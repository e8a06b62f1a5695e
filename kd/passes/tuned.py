"""The studies of a pass: what they choose, and where it is logged."""

import json
import tempfile
import threading
from pathlib import Path
from typing import Any

from kd.files import atomic_write_text
from kd.labels.settings import LabelSettings
from kd.passes.label_studies import PAPER, Heard, LabelStudies, Teacher, applied, label_kinds
from kd.passes.students import weights_of
from kd.passes.work import PassWork
from kd.progress import Progress
from kd.tracking.runs import Runs
from kd.tuning.importance import importances
from kd.tuning.outcome import FAIL, Studied
from kd.tuning.pages import page, table


def tuned(
    work: PassWork,
    studies: LabelStudies,
    index: int,
    teacher: Teacher,
    settings: LabelSettings,
    *,
    run: str,
    start: Path | None = None,
) -> tuple[LabelSettings, dict[str, Any]]:
    """The label settings that the studies of pass `index` choose, and what `results.json` says of them.

    settings: where they begin; run: of the pass, on which they are logged; start: folder of the
    network that students go on from, None: they begin afresh.
    """
    plan, bench, name = studies.plan, work.bench, f"{work.bench.iterate_id}/pass-{index:02d}"
    found: dict[str, Studied] = {}
    if plan.labels and label_kinds(settings, smoothings=studies.smoothings):
        found["labels"] = studies.of_labels(f"{name}/labels", teacher, settings, index=index)
        settings = applied(settings, found["labels"].best)
    if index in plan.students:
        with StudentProgress(bench.progress, studies, index=index) as heard:
            begin = None if start is None else weights_of(start)
            found["student"] = studies.of_students(
                f"{name}/student", teacher, settings, index=index, heard=heard, start=begin
            )
        settings = applied(settings, found["student"].best)
    for kind, study in found.items():
        log_study(bench.runs, run, study, folder=f"studies/{kind}")
    if found:
        bench.runs.tag(run, {"optuna.study": ", ".join(study.name for study in found.values())})
    paper = applied(settings, PAPER)
    quality = {key: studies.quality(teacher, each, index=index) for key, each in (("now", settings), ("paper", paper))}
    return settings, {
        "studies": {kind: summary(study) for kind, study in found.items()},
        "quality": {key: {"f1": each.f1, "log_loss": each.log_loss} for key, each in quality.items()},
    }


def summary(study: Studied) -> dict[str, Any]:
    """A study in `results.json`: nothing that a crash changes. Its name holds the job's own, which is there already."""
    return {
        "study": study.name.partition("/")[2],
        "best": study.best,
        "value": study.value,
        "number": study.number,
        "feasible": study.feasible,
        "counts": {state: count for state, count in study.counts.items() if state != FAIL},
    }


def log_study(runs: Runs, run: str, study: Studied, *, folder: str) -> None:
    """Best settings, the table of trials, and a page with history, importances and slices, as artifacts."""
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        made = Path(place)
        about = {"name": study.name, **summary(study), "importances": importances(study)}
        atomic_write_text(made / "best.json", json.dumps(about, indent=1))
        atomic_write_text(made / "trials.tsv", table(study))
        atomic_write_text(made / "study.html", page(study))
        runs.folder(run, made, folder)


class StudentProgress:
    """Short students on the progress line; threads may tell of them at the same time."""

    def __init__(self, progress: Progress, studies: LabelStudies, *, index: int) -> None:
        self.progress, self.student, self.index = progress, studies.student, index
        self.cores = max(1, progress.cores // studies.plan.at_once)
        self._there: set[str] = set()
        self._turn = threading.Lock()

    def __enter__(self) -> Heard:
        return self._heard

    def __exit__(self, *_: object) -> None:
        with self._turn:
            for name in self._there:
                self.progress.end(name)
            self._there = set()

    def _heard(self, name: str, done: int, loss: float, at: float) -> None:
        with self._turn:
            if not done:
                if name in self._there:
                    self._there.remove(name)
                    self.progress.end(name)
                return
            if name not in self._there:
                self._there.add(name)
                kind, steps = self.student.config.architecture, self.student.how.steps
                self.progress.begin(name, index=self.index, kind=kind, steps=steps, cores=self.cores)
            self.progress.step(name, done, loss, at)
