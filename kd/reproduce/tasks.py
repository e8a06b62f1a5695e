"""What is run for each table: systems, seeds, and what is theirs alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from kd.errors import UserError, did_you_mean
from kd.passes.plan import BATCH, listed, plan
from kd.passes.settings import IterateSettings
from kd.reproduce.settings import TABLES, ReproduceSettings

OURS, PAPER, BASELINE, MEAN_TEACHER = "default", "paper", "baseline", "mean-teacher"
SHORT = 3  # passes of an ablation
ABLATIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "without-unlabelled": {"in_domain": "", "out_of_domain": ""},
    "without-out-of-domain": {"out_of_domain": ""},
    "without-smoothing": {"smoothings": "none"},
    "deep-and-shallow": {"architectures": "deep,shallow"},
    "deep-only": {"architectures": "deep"},
    "shallow-only": {"architectures": "shallow"},
    "small-only": {"architectures": "small"},
    "without-blend": {"blend": 0.0},
    "one-network-for-all-classes": {"merge": "network"},
    "without-tuning": {"tuning": "off"},
    "soft-labels": {"labels": "soft"},
    "gated-labels": {"labels": "gated"},
    "without-clamping": {"clamp": False},
    "without-tags": {"tag_weight": 0.0},
    "fresh-networks": {"start": "fresh"},
    "last-weights": {"average": 0.0},
    "mean-pooling": {"pooling": "mean"},
    "one-long-training": {},
}


@dataclass(frozen=True)
class Task:
    """One run. kind: `baseline`, `mean-teacher` or `job`; given: parameters of its own; about: all that its results depend on
    besides corpus and code."""

    table: str
    system: str
    seed: int
    kind: str
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of its files."""
        return f"{self.table}-{self.system}-seed{self.seed}"

    def digest(self, settings: ReproduceSettings) -> str:
        """sha256 of what it is asked for."""
        shared = {
            name: getattr(settings, name)
            for name in (
                "weak",
                "in_domain",
                "out_of_domain",
                "select_on",
                "report_on",
                "classes",
                "missing",
                "clip_seconds",
            )
        }
        about = {**shared, "kind": self.kind, "seed": self.seed, "precision": settings.precision, **self.given}
        return sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def tasks(settings: ReproduceSettings, *, steps: int) -> list[Task]:
    """Runs in order, seed by seed; steps: of each network of our job."""
    found = [task for name in tables_of(settings) for task in _of_table(name, settings, steps)]
    known = list(dict.fromkeys(task.system for task in found))
    only = listed(settings.systems, "systems") if settings.systems else tuple(known)
    for name in only:
        if name not in known:
            raise UserError(f"unknown system {name!r}", did_you_mean(name, known) or f"known: {', '.join(known)}")
    return [task for task in found if task.system in only]


def tables_of(settings: ReproduceSettings) -> tuple[str, ...]:
    """The tables that are asked for."""
    wanted = listed(settings.tables, "tables")
    for name in wanted:
        if name not in TABLES:
            raise UserError(f"unknown table {name!r}", did_you_mean(name, TABLES) or f"known: {', '.join(TABLES)}")
    return wanted


def clip_steps_of(job: IterateSettings, *, steps: int, done: int | None = None) -> int:
    """Clips that the training steps of a job's tagger and first `done` passes take, all by default, its studies' students'
    among them."""
    todo = plan(job)
    last = todo.passes if done is None else done
    networks = sum(index <= last for index, _ in todo.trainings())
    students = 0
    if todo.tuning is not None:
        trials = sum(index <= last for index in todo.tuning.students)
        students = trials * todo.tuning.student_trials * min(todo.tuning.student_steps, steps)
    return (networks * steps + students) * (job.batch or BATCH[job.recipe])


def _of_table(table: str, settings: ReproduceSettings, steps: int) -> list[Task]:
    if table == "ablation":
        return _ablation(steps)
    strong = {"strong": settings.strong} if table == "strong" else {}
    job = {"passes": settings.passes, "steps": steps, **strong}
    clips = clip_steps_of(IterateSettings(passes=settings.passes), steps=steps)
    paper = {**job, "recipe": PAPER, "batch": BATCH[OURS]}
    networks = len(plan(IterateSettings(passes=settings.passes, recipe=PAPER)).trainings())
    paper["steps"] = max(1, round(clips / networks / BATCH[OURS]))
    alone = {"steps": max(1, round(clips / BATCH[OURS])), "architecture": settings.teacher, **strong}
    found = []
    for seed in range(1 if table == "strong" else settings.seeds):
        found += [
            Task(table, OURS, seed, "job", job),
            Task(table, MEAN_TEACHER, seed, MEAN_TEACHER, alone),
            Task(table, PAPER, seed, "job", paper),
        ]
        if table == "main":
            found.insert(-3, Task(table, BASELINE, seed, BASELINE, {"epochs": settings.epochs}))
    return found


def _ablation(steps: int) -> list[Task]:
    found = []
    whole = clip_steps_of(IterateSettings(passes=SHORT), steps=steps)
    for name, given in ABLATIONS.items():
        job = {"passes": SHORT, "steps": steps, **given}
        if name == "one-long-training":
            job |= {"passes": 1, "tuning": "off", "steps": max(1, round(whole / 3 / BATCH[OURS]))}
        found.append(Task("ablation", name, 0, "job", job))
    return found
