"""`tune`: a study by itself, on the champions that the registry names."""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from hashlib import sha256

from kd.config import as_text, say, to_dict
from kd.engines.local import cores
from kd.engines.pool import Pool, pool
from kd.errors import UserError
from kd.labels.names import KINDS
from kd.passes.context import model_config
from kd.passes.label_studies import LabelStudies
from kd.passes.lesson import teacher_of
from kd.passes.merging import champion_of_every_class
from kd.passes.options import PlacingOptions
from kd.passes.plan import (
    BLEND,
    SMOOTHED,
    TuningPlan,
    check_direction,
    fit_settings,
    label_settings,
    listed,
    seed_of,
)
from kd.passes.recovery import ended
from kd.passes.searches import FIRST_PASS, SEARCHES, Search
from kd.passes.settings import TuneSettings
from kd.passes.single import open_bench
from kd.passes.students import Student
from kd.passes.threads import threads_for, workers_for
from kd.passes.tuned import StudentProgress, log_study
from kd.tracking.store import check_shared, ui_command
from kd.tuning.outcome import Studied
from kd.tuning.samplers import check_sampler
from kd.tuning.store import dashboard_command, open_studies

UNUSED = {"binary": "temperature", "soft": "decay"}  # what changes no label of a kind
NAMES = {"kind": "labels", "start": "threshold_start", "decay": "threshold_decay"}  # settings as parameters name them


def tune(settings: TuneSettings) -> int:
    """Run, or go on with, the study that the parameters describe; returns the exit code."""
    check_shared(engine=settings.engine, address=settings.address)
    with pool(settings, count=workers_for(settings, settings.students_at_once)) as workers:
        return _tune(settings, workers)


def _tune(settings: TuneSettings, workers: Pool) -> int:
    search = prepared(settings, workers)
    studies, bench = search.studies, search.studies.bench
    if settings.fresh:
        studies.studies.forget(search.name)
    run = bench.runs.top("tune", {"kd.kind": "tune", "kd.model": settings.model, "optuna.study": search.name})
    with ended(bench.runs):
        left = {studies.student.config.architecture: settings.student_trials * studies.student.how.steps}
        bench.progress.plan(left, {}, cores=settings.threads or cores())
        with StudentProgress(bench.progress, studies, index=0) as heard:
            study = SEARCHES[settings.what](replace(search, heard=heard))
        log_study(bench.runs, run, study, folder="study")
        bench.runs.metrics(run, {"value": [(0, study.value)]} if study.value is not None else {})
    tell(study, run)
    return 0


def prepared(settings: TuneSettings, workers: Pool) -> Search:
    """The registry's champions at work on a corpus, and what is to be searched there. workers: who train students."""
    check_sampler(settings.sampler)
    labels = label_settings(
        settings,
        passes=settings.passes + 1,
        clamp=settings.clamp,
        accept=settings.accept,
        tag_weight=settings.tag_weight,
    )
    if settings.what == "schedule" and labels.kind == "soft":
        raise UserError("soft labels have no threshold to schedule", "give labels=binary or labels=gated")
    check_direction(settings.direction, (settings.architecture,))
    bench = replace(open_bench(settings, settings.architecture), pool=workers)
    champions = champion_of_every_class(bench)
    how = fit_settings(settings, settings.architecture, clips=bench.inputs.clips)
    short = replace(how, steps=min(settings.student_steps, how.steps), seed=seed_of(settings.seed, "student"))
    config = model_config(settings, settings.architecture, bench.inputs)
    threads = threads_for(settings, settings.students_at_once)
    student = Student(bench, config, short, "tuned", workers, threads)
    plan = TuningPlan(
        labels=True,
        students=(FIRST_PASS,),
        kinds=(settings.labels,) if settings.labels else KINDS,
        trials=settings.trials,
        student_trials=settings.student_trials,
        student_steps=settings.student_steps,
        at_once=settings.students_at_once,
        sampler=settings.sampler,
        class_loss=settings.class_loss,
    )
    smoothings = listed(SMOOTHED["default"], "smoothings")
    studies = LabelStudies(bench, open_studies(), plan, smoothings, student, settings.seed)
    name = study_name(settings, bench.inputs.corpus.digest, champions)
    return Search(settings, studies, teacher_of(bench, champions, blend=BLEND["default"]), labels, name)


def study_name(settings: TuneSettings, corpus: str, champions: Mapping[str, int]) -> str:
    """One name for the same parameters, corpus and champions; more trials go on with it."""
    aside = ("trials", "student_trials", "fresh", "data", "threads", *(each.name for each in fields(PlacingOptions)))
    given = {key: value for key, value in to_dict(settings).items() if key not in aside}
    about = json.dumps({"settings": given, "corpus": corpus, "champions": dict(champions)}, sort_keys=True)
    return f"tune/{settings.what}-{sha256(about.encode()).hexdigest()[:12]}"


def tell(study: Studied, run: str) -> None:
    """Print the best settings as parameters, and where the study is."""
    ended = ", ".join(f"{count} {state.lower()}" for state, count in study.counts.items())
    say(f"study {study.name}: {ended}")
    if not study.feasible:
        say("no trial met the constraint that no class may lose too much; these are the settings it began with")
    value = "" if study.value is None else f" ({study.value:.4f})"
    unused = UNUSED.get(str(study.best.get("kind")))
    words = " ".join(f"--{NAMES.get(key, key)} {as_text(each)}" for key, each in study.best.items() if key != unused)
    say(f"best, attempt {study.number}{value}: {words}")
    say(f"page, table and best settings: artifact folder study of run {run}")
    say(f"to look around: {ui_command()}")
    say(f"or, once optuna-dashboard is installed: {dashboard_command()}")
