"""One task run: its record, and the events of its detectors."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from kd.config import say
from kd.files import atomic_write_text
from kd.machine import machine
from kd.passes.settings import IterateSettings
from kd.reproduce.energy import Energy
from kd.reproduce.events import write_events
from kd.reproduce.settings import ReproduceSettings
from kd.reproduce.tasks import BASELINE, MEAN_TEACHER, Task, clip_steps_of
from kd.scoring.assess import assess
from kd.scoring.headline import Sampling
from kd.scoring.system import System
from kd.tracking.runs import Runs

SCHEMA = 1
WHOLE = Sampling(resamples=0)  # intervals are drawn for tables, over seeds
UNITS = ("clip", "maker")


@dataclass(frozen=True, eq=False)
class Ran:
    """What a task gave: systems by name, `tuned` the headline; clip-steps, seconds, and facts of its own.

    parts: `{clip_steps, seconds}` of systems that were there before the end.
    """

    systems: Mapping[str, System]
    clip_steps: int
    seconds: float
    about: Mapping[str, Any]
    parts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def run(task: Task, settings: ReproduceSettings, *, corpus: str) -> None:
    """Run a task; write `<name>-<system>.tsv` of each system, then `<name>.json`."""
    out = Path(settings.out)
    began = time.monotonic()
    with Energy(settings.energy) as energy:
        ran = RUNNERS.get(task.kind, a_job)(task, settings)
    for name, system in ran.systems.items():
        write_events(out / f"{task.name}-{name}.tsv", system)
    record = {
        "schema": SCHEMA,
        "table": task.table,
        "system": task.system,
        "seed": task.seed,
        "corpus": corpus,
        "asked": task.digest(settings),
        "given": dict(task.given),
        "machine": machine(),
        "clip_steps": ran.clip_steps,
        "seconds": ran.seconds,
        "wall_seconds": time.monotonic() - began,
        "kilowatt_hours": energy.kilowatt_hours,
        "parts": dict(ran.parts),
        **ran.about,
        "systems": {name: _figures(system) for name, system in ran.systems.items()},
    }
    atomic_write_text(out / f"{task.name}.json", json.dumps(record, indent=1, allow_nan=False) + "\n")
    say(f"written: {out / task.name}.json")


def present(task: Task, settings: ReproduceSettings, *, corpus: str) -> bool:
    """Whether the result of a task is there, of the same corpus and what is asked."""
    path = Path(settings.out) / f"{task.name}.json"
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return bool(record.get("corpus") == corpus and record.get("asked") == task.digest(settings))


def _figures(system: System) -> dict[str, Any]:
    found = assess(system, sampling=WHOLE)
    truth = [event.label for events in system.reference.values() for event in events]
    return {
        **{name: found[name] for name in ("event_based", "segment_based", "tagging", "psds1", "psds2")},
        "reference_events": {label: truth.count(label) for label in system.classes},
        "about": dict(system.about or {}),
    }


def shared(settings: ReproduceSettings) -> dict[str, Any]:
    """Parameters that our jobs have in common with `reproduce`; no strongly labelled split."""
    names = {each.name for each in fields(IterateSettings)} & {each.name for each in fields(ReproduceSettings)}
    own = {"strong", "passes", "steps", "epochs", "model"}
    return {name: getattr(settings, name) for name in names - own} | {"strong": ""}


def a_baseline(task: Task, settings: ReproduceSettings) -> Ran:
    """The baseline of DCASE 2018."""
    from kd.baseline.command import trained_baseline
    from kd.baseline.settings import BaselineSettings

    names = {each.name for each in fields(BaselineSettings)} & set(shared(settings)) - {"out_of_domain"}
    given = {name: shared(settings)[name] for name in names}
    trained = trained_baseline(BaselineSettings(**{**given, **task.given, "seed": task.seed}))
    systems = {"letter": trained.letter, "tuned": trained.tuned}
    training = trained.training
    return Ran(systems, training["clip_steps"], training["seconds"], {"training": training})


def a_mean_teacher(task: Task, settings: ReproduceSettings) -> Ran:
    """A mean teacher."""
    from kd.reproduce.mean_teacher import mean_teacher

    given = {**shared(settings), **task.given, "seed": task.seed}
    architecture = given.pop("architecture")
    taught = mean_teacher(IterateSettings(**given), architecture=architecture)
    return Ran(taught.systems, taught.clip_steps, taught.seconds, {"looks": taught.looks})


def a_job(task: Task, settings: ReproduceSettings) -> Ran:
    """A job of `iterate`: its merged detector after the first, the second and the last pass, and its tagger."""
    from kd.passes.loop import iterate
    from kd.passes.systems import at_fixed_points, of_run
    from kd.tracking.store import open_store

    given = {**shared(settings), **task.given, "seed": task.seed, "sample": 0}
    given["model"] = f"{settings.model}-{task.name}"
    told: list[str] = []
    job = IterateSettings(**given)
    iterate(job, finish=lambda _, run: told.append(run))
    result = json.loads(Runs(open_store()).download(told[0], "results.json").read_text("utf-8"))
    where = Where(settings)
    wanted = {
        f"pass{index}": result["passes"][index - 1]["run_id"] for index in (1, 2) if index < len(result["passes"])
    }
    wanted |= {"tagger": result["tagger"]["run_id"], "tuned": result["passes"][-1]["run_id"]}
    systems = {name: of_run(run, where, makers=True) for name, run in wanted.items()}
    systems["fixed"] = at_fixed_points(systems["tuned"])
    about = {
        "optimism": result["final"]["optimism"],
        "select": [macro_of(each["merged"]["select"]) for each in result["passes"]],
        "crossfit": [macro_of(each["merged"]["crossfit"]) for each in result["passes"]],
        "report": [macro_of(each["merged"]["report"]) for each in result["passes"]] if settings.report_on else None,
    }
    parts = {
        name: {"clip_steps": clip_steps_of(job, steps=given["steps"], done=index), "seconds": seconds_of(result, index)}
        for name, index in (("tagger", 0), ("pass1", 1), ("pass2", 2))
        if name in systems
    }
    return Ran(systems, result["clip_steps"], result["seconds"], about, parts)


def seconds_of(result: Mapping[str, Any], index: int) -> float:
    """Seconds that a job's tagger and its first `index` passes took."""
    taken: float = result["tagger"]["seconds"]
    return taken + sum(sum(each["seconds"].values()) for each in result["passes"][:index])


def macro_of(scores: Mapping[str, Any]) -> float | None:
    """Macro event F1 at tuned operating points."""
    value: float | None = scores["tuned"]["macro"]["f1"]
    return value


class Where:
    """Where `kd.passes.systems` looks for the scored split."""

    def __init__(self, settings: ReproduceSettings) -> None:
        self.data, self.missing = settings.data, settings.missing
        self.split = settings.report_on or settings.select_on
        self.precision, self.threads = settings.precision, settings.threads


RUNNERS = {BASELINE: a_baseline, MEAN_TEACHER: a_mean_teacher}
