"""What `tune` can search: labels, students of them, the schedule of their threshold, settings of a training."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from kd.labels.settings import LabelSettings
from kd.passes.label_studies import DECAYS, STARTS, Heard, LabelStudies, Teacher, applied, telling
from kd.passes.settings import TuneSettings
from kd.passes.students import Weights
from kd.tuning.attempt import Attempt
from kd.tuning.outcome import Studied
from kd.tuning.space import Kind, Real, Space, Value, Whole

FIRST_PASS = 2  # the pass that the champions' labels are for


@dataclass(frozen=True)
class Search:
    """What the searches have in common: parameters, studies, the teacher, the settings to begin with, the study's name.

    heard: told the name of a student, its steps, its loss and the time.
    """

    settings: TuneSettings
    studies: LabelStudies
    teacher: Teacher
    labels: LabelSettings
    name: str
    heard: Heard = lambda name, done, loss, at: None


def search_labels(search: Search) -> Studied:
    """Window, Gaussian and threshold, by the quality of labels."""
    return search.studies.of_labels(search.name, search.teacher, search.labels, index=FIRST_PASS)


def search_student(search: Search) -> Studied:
    """All that makes labels of scores, by short students."""
    return search.studies.of_students(
        search.name, search.teacher, search.labels, index=FIRST_PASS, heard=search.heard, wide=True
    )


def search_schedule(search: Search) -> Studied:
    """Start and decay, by several short passes: each pass's student, with thresholds of its own, teaches the next."""
    studies, labels = search.studies, search.labels
    space = Space(
        {
            "start": Real(max(STARTS[0], labels.floor), max(STARTS[1], labels.start)),
            "decay": Real(DECAYS[0], max(DECAYS[1], labels.decay)),
        }
    )

    def objective(attempt: Attempt) -> float:
        chosen, teacher, f1, done = applied(labels, attempt.settings), search.teacher, 0.0, 0
        with telling(search.heard, attempt) as heard:
            for index in range(FIRST_PASS, FIRST_PASS + search.settings.passes):
                lessons = [partial(studies.lesson, teacher, chosen, index)]
                weights, f1 = studies.student.taught(lessons, partial(after, done, heard))
                done += studies.student.how.steps
                attempt.report(index, f1)
                teacher = successor(studies, weights)
        return f1

    return studies.run(search.name, space, objective, [labels.to_dict()], prune=True)


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
        lessons = [partial(studies.lesson, search.teacher, search.labels, FIRST_PASS)] * 2
        with telling(search.heard, attempt) as heard:
            return student.taught(lessons, heard, attempt.report)[1]

    given: dict[str, Value] = {name: getattr(how, name) for name in kinds}
    return studies.run(search.name, Space(kinds), objective, [given])


SEARCHES: dict[str, Callable[[Search], Studied]] = {
    "labels": search_labels,
    "student": search_student,
    "schedule": search_schedule,
    "training": search_training,
}


def after(past: int, heard: Callable[[int, float, float], None], done: int, loss: float, at: float) -> None:
    """Tell of a step that comes after `past` others."""
    heard(past + done, loss, at)


def successor(studies: LabelStudies, weights: Weights) -> Teacher:
    """A student as the teacher of the next pass, at operating points chosen on the selection split."""
    bench, student = studies.bench, studies.student
    view = bench.view(student.config.architecture)
    logits = {role: student.logits(weights, part) for role, part in bench.inputs.training.items()}
    select = student.logits(weights, bench.inputs.select)
    verdict = bench.judge.verdict(grid=view.grid, select=select, report=None)
    f1 = {label: value or 0.0 for label, value in verdict.f1("tuned").items()}
    return Teacher(verdict.points, view.grid, logits, select, f1)
