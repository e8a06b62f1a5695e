"""`tune`: a study by itself, on the champions that the registry names."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

from torch import nn

from kd.config import as_text, say, to_dict
from kd.engines.local import cores
from kd.errors import UserError
from kd.labels.names import KINDS
from kd.labels.settings import LabelSettings
from kd.passes.context import model_config
from kd.passes.label_studies import DECAYS, STARTS, LabelStudies, Teacher, applied, as_values
from kd.passes.lesson import teacher_of
from kd.passes.merging import champions_in_registry
from kd.passes.plan import SMOOTHED, STUDENT, TuningPlan, fit_settings, label_settings, listed, seed_of
from kd.passes.recovery import ended
from kd.passes.settings import TuneSettings
from kd.passes.single import open_bench
from kd.passes.students import Student
from kd.passes.targets import frame_label_set
from kd.passes.tuned import StudentProgress, log_study
from kd.tracking.registry import best_alias
from kd.tracking.store import ui_command
from kd.training.data import TrainingSet
from kd.tuning.attempt import Attempt
from kd.tuning.outcome import Studied
from kd.tuning.space import Kind, Real, Space, Value, Whole
from kd.tuning.store import dashboard_command, open_studies

FIRST_PASS = 2  # the pass that the champions' labels are for
UNUSED = {"binary": "temperature", "soft": "decay"}  # what changes no label of a kind
NAMES = {"kind": "labels", "start": "threshold_start", "decay": "threshold_decay"}  # settings as parameters name them


def tune(settings: TuneSettings) -> int:
    """Run, or go on with, the study that the parameters describe; returns the exit code."""
    labels = label_settings(settings, passes=settings.passes + 1, clamp=settings.clamp, accept=settings.accept)
    network = settings.architecture if settings.what == "training" else STUDENT
    bench = open_bench(settings, network)
    champions = champions_in_registry(bench)
    if absent := [label for label in bench.inputs.classes if label not in champions]:
        raise UserError(
            f"{settings.model} has no champion of {absent[0]!r} (alias {best_alias(absent[0])})", "run iterate first"
        )
    how = fit_settings(settings, clips=bench.inputs.clips)
    short = replace(how, steps=min(settings.student_steps, how.steps), seed=seed_of(settings.seed, "student"))
    student = Student(bench, model_config(settings, network, bench.inputs), short, "tuned")
    plan = TuningPlan(
        labels=True,
        students=(FIRST_PASS,),
        kinds=(settings.labels,) if settings.labels else KINDS,
        trials=settings.trials,
        student_trials=settings.student_trials,
        student_steps=settings.student_steps,
        sampler=settings.sampler,
        class_loss=settings.class_loss,
    )
    smoothings = listed(SMOOTHED["default"], "smoothings")
    studies = LabelStudies(bench, open_studies(), plan, smoothings, student, settings.seed)
    name = study_name(settings, bench.inputs.corpus.digest, champions)
    if settings.fresh:
        studies.studies.forget(name)
    run = bench.runs.top("tune", {"kd.kind": "tune", "kd.model": settings.model, "optuna.study": name})
    with ended(bench.runs):
        teacher = teacher_of(bench, champions)
        bench.progress.plan({network: settings.student_trials * short.steps}, {}, cores=settings.threads or cores())
        with StudentProgress(bench.progress, studies, index=FIRST_PASS) as heard:
            study = SEARCHES[settings.what](Search(settings, studies, teacher, labels, name, heard))
        log_study(bench.runs, run, study, folder="study")
        bench.runs.metrics(run, {"value": [(0, study.value)]} if study.value is not None else {})
    tell(study, run)
    return 0


@dataclass(frozen=True)
class Search:
    """What the searches have in common: parameters, studies, the teacher, the settings to begin with, a name, progress."""

    settings: TuneSettings
    studies: LabelStudies
    teacher: Teacher
    labels: LabelSettings
    name: str
    heard: Callable[[str, int, float], None]

    def progress(self, attempt: Attempt) -> Callable[[int, float], None]:
        """Where steps and losses of a trial's student are told."""
        return partial(self.heard, f"attempt {attempt.number}")


def search_labels(search: Search) -> Studied:
    """Window, Gaussian and threshold, by the quality of labels."""
    return search.studies.of_labels(search.name, search.teacher, search.labels, index=FIRST_PASS)


def search_student(search: Search) -> Studied:
    """Kind, temperature and decay, by short students."""
    return search.studies.of_students(search.name, search.teacher, search.labels, index=FIRST_PASS, heard=search.heard)


def search_schedule(search: Search) -> Studied:
    """Start and decay, by several short passes: each pass's student, with thresholds of its own, teaches the next."""
    studies, labels = search.studies, search.labels
    if labels.kind == "soft":
        raise UserError("soft labels have no threshold to schedule", "give labels=binary or labels=gated")
    space = Space(
        {
            "start": Real(max(STARTS[0], labels.floor), max(STARTS[1], labels.start)),
            "decay": Real(DECAYS[0], max(DECAYS[1], labels.decay)),
        }
    )

    def objective(attempt: Attempt) -> float:
        chosen, teacher, f1, done = applied(labels, attempt.settings), search.teacher, 0.0, 0
        heard = search.progress(attempt)
        for index in range(FIRST_PASS, FIRST_PASS + search.settings.passes):
            lessons = [partial(lesson_of, studies, teacher, chosen, index)]
            network, f1 = studies.student.taught(lessons, lambda step, loss, past=done: heard(past + step, loss))  # type: ignore[misc]
            done += studies.student.how.steps
            attempt.report(index, f1)
            teacher = successor(studies, network)
        return f1

    return studies.run(
        search.name, space, objective, [as_values(labels)], trials=search.settings.student_trials, prune=True
    )


def search_training(search: Search) -> Studied:
    """Learning rate, batch, steps and augmentation of one network, by its F1 after a training on the champions' labels."""
    studies, how = search.studies, search.studies.student.how
    mels = studies.bench.view(search.settings.architecture).spec.mels
    kinds: dict[str, Kind] = {
        "learning_rate": Real(min(1e-4, how.learning_rate), max(1e-2, how.learning_rate), log=True),
        "batch": Whole(min(4, how.batch), max(32, how.batch), log=True),
        "steps": Whole(max(1, how.steps // 2), 2 * how.steps, log=True),
        "time_mask": Whole(0, max(48, how.time_mask)),
        "frequency_mask": Whole(0, max(mels // 4, how.frequency_mask)),
        "mixup": Real(0.0, max(1.0, how.mixup)),
    }

    def objective(attempt: Attempt) -> float:
        student = replace(studies.student, how=replace(how, **attempt.settings))  # type: ignore[arg-type]
        lessons = [partial(lesson_of, studies, search.teacher, search.labels, FIRST_PASS)] * 2
        return student.taught(lessons, search.progress(attempt), attempt.report)[1]

    given: dict[str, Value] = {name: getattr(how, name) for name in kinds}
    return studies.run(search.name, Space(kinds), objective, [given], trials=search.settings.student_trials)


SEARCHES: dict[str, Callable[[Search], Studied]] = {
    "labels": search_labels,
    "student": search_student,
    "schedule": search_schedule,
    "training": search_training,
}


def lesson_of(studies: LabelStudies, teacher: Teacher, labels: LabelSettings, index: int) -> TrainingSet:
    """What a student of pass `index` learns from."""
    view = studies.bench.view(studies.student.config.architecture)
    how = labels.smoothings(studies.smoothings)[0]
    return frame_label_set(studies.bench.inputs, view, teacher.teaching(labels, index=index), how)


def successor(studies: LabelStudies, network: nn.Module) -> Teacher:
    """A student as the teacher of the next pass, at operating points chosen on the selection split."""
    bench, student = studies.bench, studies.student
    view = bench.view(student.config.architecture)
    logits = {role: student.logits(network, part) for role, part in bench.inputs.training.items()}
    select = student.logits(network, bench.inputs.select)
    verdict = bench.judge.verdict(grid=view.grid, select=select, report=None)
    f1 = {label: value or 0.0 for label, value in verdict.f1("tuned").items()}
    return Teacher(verdict.points.thresholds, view.grid, logits, select, f1)


def study_name(settings: TuneSettings, corpus: str, champions: Mapping[str, int]) -> str:
    """One name for the same parameters, corpus and champions; more trials go on with it."""
    aside = ("trials", "student_trials", "fresh", "data", "threads")
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
