"""Studies of how a teacher's scores become labels: of the labels themselves, and of short students of theirs."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from kd.audio.grid import FrameGrid
from kd.errors import UserError
from kd.labels.names import SMOOTHINGS
from kd.labels.quality import Quality, label_quality
from kd.labels.rule import Logits
from kd.labels.settings import LabelSettings
from kd.labels.teaching import Teaching
from kd.passes.context import Bench
from kd.passes.plan import TuningPlan, seed_of
from kd.passes.students import Student, Weights
from kd.passes.targets import frame_label_set
from kd.scoring.operating_points import OperatingPoints
from kd.training.data import TrainingSet
from kd.tuning.attempt import Attempt
from kd.tuning.outcome import Studied
from kd.tuning.space import Choice, Kind, Real, Space, Value, Whole
from kd.tuning.store import Studies
from kd.tuning.study import run_study

WINDOWS, SIGMAS, STARTS = (1, 41), (0.0, 4.0), (0.25, 0.9)
TEMPERATURES, DECAYS = (0.25, 4.0), (0.0, 0.25)
PAPER: dict[str, Value] = {
    "kind": "soft",
    "temperature": 1.0,
    "window": 7,
    "sigma": 1.0,
    "clamp": False,
    "accept": "all",
}
Heard = Callable[[str, int, float, float], None]  # a student's name, steps done, loss, its clock; 0 steps: it has ended
STEPS_AHEAD = 2  # label updates that a student of a trial sees


@dataclass(frozen=True)
class Teacher:
    """Merged champions, as studies see them.

    own: their operating points; logits: (clips, frames, classes) by training role; select: of the
    selection split; f1: what each class's champion reaches there.
    """

    own: OperatingPoints
    grid: FrameGrid
    logits: Mapping[str, Logits]
    select: Logits
    f1: Mapping[str, float]

    def teaching(self, settings: LabelSettings, *, index: int) -> Teaching:
        """What the teacher gives its students of pass `index`."""
        rule = settings.rule(self.own, index=index)
        return Teaching(self.logits, self.grid, rule, settings.clamp, settings.accept, tag_weight=settings.tag_weight)


@dataclass(frozen=True)
class LabelStudies:
    """What studies of one job share: where they are kept, how they search, and what a short student is.

    smoothings: names of those that candidates use.
    """

    bench: Bench
    studies: Studies
    plan: TuningPlan
    smoothings: tuple[str, ...]
    student: Student
    seed: int

    def quality(self, teacher: Teacher, settings: LabelSettings, *, index: int) -> Quality:
        """Quality of the labels on the selection split."""
        inputs = self.bench.inputs
        return label_quality(
            teacher.select,
            inputs.select.truth,
            clips=inputs.select.names,
            grid=teacher.grid,
            classes=inputs.classes,
            rule=settings.rule(teacher.own, index=index),
            smoothings=settings.smoothings(self.smoothings),
        )

    def of_labels(self, name: str, teacher: Teacher, settings: LabelSettings, *, index: int) -> Studied:
        """The window, Gaussian and threshold that give the best labels on the selection split; the rest as in `settings`.

        Neither the temperature nor the kind of labels is searched here: no threshold on σ(z / T) tells temperatures apart.
        """
        space = Space(label_kinds(settings, smoothings=self.smoothings, fallen=settings.decay * (index - 2)))
        paper = applied(settings, PAPER).to_dict()
        allowed = self.allowed(teacher, settings, index=index)

        def objective(attempt: Attempt) -> float:
            quality = self.quality(teacher, applied(settings, attempt.settings), index=index)
            attempt.constraint("class_loss", worst_loss(teacher, quality) - allowed)
            return quality.value

        return self.run(name, space, objective, [settings.to_dict(), paper], of_labels=True)

    def of_students(
        self,
        name: str,
        teacher: Teacher,
        settings: LabelSettings,
        *,
        index: int,
        heard: Heard,
        wide: bool = False,
        start: Weights | None = None,
    ) -> Studied:
        """The kind of labels, temperature and decay whose labels teach a short student best; the rest as in `settings`.

        A student learns half of its steps from this pass's labels and half from those that the next threshold of the
        schedule gives, smoothed as the last of the candidates' are.
        heard: called with the student's name, steps done, loss and the time by its own clock; wide: window, Gaussian,
        start and clamping are searched as well; start: the weights that students begin with, None: fresh ones.
        """
        space = student_space(self.plan.kinds, settings)
        if wide:
            more = label_kinds(replace(settings, kind="binary"), smoothings=SMOOTHINGS)
            space = Space({**space.kinds, **more, "clamp": Choice((True, False))})
        paper = applied(settings, PAPER).to_dict()
        allowed = self.allowed(teacher, settings, index=index)

        def objective(attempt: Attempt) -> float:
            chosen = applied(settings, attempt.settings)
            quality = self.quality(teacher, chosen, index=index)
            attempt.note("labels", quality.value)
            attempt.constraint("class_loss", worst_loss(teacher, quality) - allowed)
            lessons = [partial(self.lesson, teacher, chosen, index + step) for step in range(STEPS_AHEAD)]
            with telling(heard, attempt) as said:
                return self.student.taught(lessons, said, attempt.report, start=start)[1]

        return self.run(name, space, objective, [settings.to_dict(), paper], prune=True)

    def lesson(self, teacher: Teacher, settings: LabelSettings, index: int) -> TrainingSet:
        """What a student of pass `index` learns from, smoothed as the last of the candidates' labels are."""
        view, how = self.bench.view(self.student.config.architecture), settings.smoothings(self.smoothings)[-1]
        return frame_label_set(self.bench.inputs, view, teacher.teaching(settings, index=index), how)

    def allowed(self, teacher: Teacher, settings: LabelSettings, *, index: int) -> float:
        """F1 that the labels of a class may lose against its champion: what is stated, or what these settings lose already."""
        return max(self.plan.class_loss, worst_loss(teacher, self.quality(teacher, settings, index=index)))

    def run(
        self,
        name: str,
        space: Space,
        objective: Callable[[Attempt], float],
        first: list[dict[str, Value]],
        *,
        of_labels: bool = False,
        prune: bool = False,
    ) -> Studied:
        """A study on these terms, of students or of labels alone; of `first` what the space can hold is tried first."""
        known = [{key: each[key] for key in space if key in each} for each in first]
        return run_study(
            studies=self.studies,
            name=name,
            space=space,
            objective=objective,
            trials=self.plan.trials if of_labels else self.plan.student_trials,
            at_once=1 if of_labels else self.plan.at_once,
            seed=seed_of(self.seed, name.partition("/")[2]),
            sampler=self.plan.sampler,
            pruner="median" if prune else "none",
            first=[each for each in known if fits(space, each)],
            told=partial(self.bench.progress.count, f"study {name.partition('/')[2]}"),
        )


@contextlib.contextmanager
def telling(heard: Heard, attempt: Attempt) -> Iterator[Callable[[int, float, float], None]]:
    """Where steps, losses and times of an attempt's student are told, until it ends."""
    name = f"attempt {attempt.number}"
    try:
        yield partial(heard, name)
    finally:
        heard(name, 0, 0.0, 0.0)


def worst_loss(teacher: Teacher, quality: Quality) -> float:
    """What the class that loses most against its champion loses when its labels are made events, in F1."""
    return max(teacher.f1[label] - quality.classes[label] for label in teacher.f1)


def label_kinds(settings: LabelSettings, *, smoothings: Sequence[str], fallen: float = 0.0) -> dict[str, Kind]:
    """What a study of labels searches, around present settings that lie further out; what no smoothing uses is left out.

    fallen: by how much the threshold has fallen since pass 2; the start is sought so much higher, that this pass's threshold
    can be any, however fast an earlier study would have it fall.
    """
    kinds: dict[str, Kind] = {}
    if any("median" in name for name in smoothings):
        kinds["window"] = Whole(WINDOWS[0], max(WINDOWS[1], settings.window), step=2)
    if any("gaussian" in name for name in smoothings):
        kinds["sigma"] = Real(SIGMAS[0], max(SIGMAS[1], settings.sigma))
    if settings.kind != "soft":
        low, high = max(STARTS[0], settings.floor) + fallen, STARTS[1] + fallen
        kinds["start"] = Real(min(low, settings.start), max(high, settings.start))
    return kinds


def student_space(kinds: tuple[str, ...], settings: LabelSettings) -> Space:
    """What a study of students searches; what changes no label of these kinds is left out."""
    space: dict[str, Kind] = {}
    if len(kinds) > 1:
        space["kind"] = Choice(kinds)
    if kinds != ("binary",):
        low, high = TEMPERATURES
        space["temperature"] = Real(min(low, settings.temperature), max(high, settings.temperature), log=True)
    if kinds != ("soft",):
        space["decay"] = Real(DECAYS[0], max(DECAYS[1], settings.decay))
    return Space(space)


def applied(settings: LabelSettings, chosen: Mapping[str, Value]) -> LabelSettings:
    """Settings with what a study chose in their place."""
    return replace(settings, **chosen)  # type: ignore[arg-type]


def fits(space: Space, settings: Mapping[str, Value]) -> bool:
    """Whether a point names all of a space, inside its bounds."""
    try:
        space.checked(settings, what="settings")
    except UserError:
        return False
    return True
