"""What a job will do, resolved from its parameters before it starts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from kd.errors import UserError, did_you_mean
from kd.labels.names import KINDS
from kd.labels.schedule import falling
from kd.labels.settings import LabelSettings
from kd.models.config import ARCHITECTURES, FRAMEWISE
from kd.passes.options import LabelOptions, LengthOptions, WidthOptions
from kd.passes.settings import FittedSettings, IterateSettings
from kd.passes.threads import precision_of
from kd.training.fit import FitSettings

TAGGER = "deep"  # S1's
NETWORKS = {"default": "small,shallow", "paper": "deep,shallow"}
RATES = {"shallow": 2e-3, "small": 4e-3, "small-conv": 4e-3}  # where none is given; of other networks S1's
WIDTHS = {"small": 2.0, "small-conv": 2.0}  # where none is given; of other networks 1
S1_RATE = 1e-3
BATCH = {"default": 12, "paper": 32}
SMOOTHED = {"default": "median", "paper": "none,median,median+gaussian"}
LABELS = {"default": "binary", "paper": "soft"}
START = {"default": "last", "paper": "fresh"}
POOLING = {"default": "linear", "paper": "mean"}
JUDGED_BY = {"default": "tuned", "paper": "fixed"}
BLEND = {"default": 0.5, "paper": 0.0}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One network to be trained: its architecture and, from pass 2 on, the name of its labels' smoothing."""

    architecture: str
    smoothing: str = ""

    @property
    def name(self) -> str:
        """`deep` in pass 1, `deep-median` later."""
        return f"{self.architecture}-{self.smoothing}" if self.smoothing else self.architecture


@dataclass(frozen=True, slots=True)
class TuningPlan:
    """What studies do in a loop.

    labels: whether there is a study of labels in every pass from 2 on; students: passes with one of students; kinds:
    the kinds of labels that it may choose from.
    """

    labels: bool
    students: tuple[int, ...]
    kinds: tuple[str, ...]
    trials: int
    student_trials: int
    student_steps: int
    at_once: int
    sampler: str
    class_loss: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Passes and their candidates, the champions' yardstick, `tuned` or `fixed` F1, and how labels are made.

    smoothings: names; blend: of the merged champions, see `Detector`; labels: of pass 2, or where studies begin; tuning: None
    where nothing is tuned.
    """

    passes: int
    architectures: tuple[str, ...]
    smoothings: tuple[str, ...]
    judged_by: str
    blend: float
    labels: LabelSettings
    tuning: TuningPlan | None

    def candidates(self, index: int) -> tuple[Candidate, ...]:
        """Candidates of pass `index`, from 1, architecture by architecture. Source: S1 sections 3.3.1 to 3.3.3."""
        if index == 1:
            return tuple(Candidate(architecture) for architecture in self.architectures)
        return tuple(Candidate(a, how) for a in self.architectures for how in self.smoothings)

    @property
    def networks(self) -> tuple[str, ...]:
        """Every architecture that the job trains."""
        return tuple(dict.fromkeys((self.tagger, *self.architectures)))

    @property
    def tagger(self) -> str:
        """The architecture of the tagger: the first recurrent one of the candidates', S1's where there is none."""
        return next((name for name in self.architectures if name not in FRAMEWISE), TAGGER)

    @property
    def student(self) -> str:
        """The architecture of studies' students: the last one of the candidates'."""
        return self.architectures[-1]

    @property
    def widest(self) -> int:
        """Candidates of the pass that has most."""
        return max(len(self.candidates(index)) for index in range(1, self.passes + 1))

    def trainings(self) -> list[tuple[int, Candidate]]:
        """Every network of the job in order: the tagger as pass 0, then each pass's candidates."""
        later = [(index, c) for index in range(1, self.passes + 1) for c in self.candidates(index)]
        return [(0, Candidate(self.tagger)), *later]


def plan(settings: IterateSettings) -> Plan:
    """The plan of an iterate job."""
    wanted = listed(settings.architectures or NETWORKS[settings.recipe], "architectures")
    for name in wanted:
        if name not in ARCHITECTURES:
            raise UserError(
                f"unknown architecture {name!r}",
                did_you_mean(name, ARCHITECTURES) or f"known: {', '.join(ARCHITECTURES)}",
            )
    check_direction(settings.direction, wanted)
    smoothed = listed(settings.smoothings or SMOOTHED[settings.recipe], "smoothings")
    paper = settings.recipe == "paper"
    if paper and settings.temperature != 1:
        raise UserError("recipe=paper distils at temperature 1", "leave temperature out, or use recipe=default")
    if paper and settings.labels not in ("", "soft"):
        raise UserError("recipe=paper distils soft labels", "leave labels out, or use recipe=default")
    if paper and settings.accept != "all":
        raise UserError("recipe=paper labels all clips", "leave accept out, or use recipe=default")
    labels = label_settings(
        settings,
        recipe=settings.recipe,
        passes=settings.passes,
        clamp=settings.clamp and not paper,
        accept=settings.accept,
        tag_weight=0.0 if paper else settings.tag_weight,
    )
    labels.smoothings(smoothed)
    return Plan(
        settings.passes,
        wanted,
        smoothed,
        JUDGED_BY[settings.recipe],
        BLEND[settings.recipe] if settings.blend == -1 else settings.blend,
        labels,
        tuning_plan(settings),
    )


def check_direction(direction: str, architectures: Sequence[str]) -> None:
    """Raises UserError where none of these networks has a direction to walk in."""
    if direction == "forward" and set(architectures) <= set(FRAMEWISE):
        raise UserError(
            f"direction=forward is for recurrent networks, {' and '.join(architectures)} is none",
            "leave direction out, or train deep, shallow or small",
        )


def tuning_plan(settings: IterateSettings) -> TuningPlan | None:
    """What is tuned, None for nothing."""
    students = listed(settings.student_passes, "student_passes")
    if not all(word.isdecimal() and int(word) >= 2 for word in students):
        raise UserError(
            f"student_passes={settings.student_passes!r} holds what is no pass from 2 on", "give numbers, such as 2,4"
        )
    if settings.recipe == "paper" and settings.tuning == "on":
        raise UserError("recipe=paper tunes nothing", "leave tuning out, or use recipe=default")
    if settings.tuning == "off" or settings.recipe == "paper":
        return None
    given = settings.labels or ("soft" if settings.temperature != 1 else "")
    return TuningPlan(
        labels=settings.objective != "student",
        students=() if settings.objective == "labels" else tuple(sorted(map(int, students))),
        kinds=(given,) if given else KINDS,
        trials=settings.trials,
        student_trials=settings.student_trials,
        student_steps=settings.student_steps,
        at_once=settings.students_at_once,
        sampler=settings.sampler,
        class_loss=settings.class_loss,
    )


def label_settings(
    options: LabelOptions,
    *,
    recipe: str = "default",
    passes: int = 2,
    clamp: bool = True,
    accept: str = "all",
    tag_weight: float = 0.0,
) -> LabelSettings:
    """How labels are made, in a job of so many passes. The kind: as given, else soft with a temperature, else the recipe's."""
    if options.labels == "binary" and options.temperature != 1:
        raise UserError("a temperature changes no binary label", "leave temperature out, or give labels=soft")
    absolute = options.threshold_scale == "absolute"
    given = options.threshold_decay
    schedule = falling(
        start=options.threshold_start or (0.75 if absolute else 0.5),
        decay=0.0 if given == -1 and not absolute else given,
        floor=options.threshold_floor,
        updates=passes - 1,
    )
    return LabelSettings(
        kind=options.labels or ("soft" if options.temperature != 1 else LABELS[recipe]),
        temperature=options.temperature,
        window=options.window,
        sigma=options.sigma,
        start=schedule.start,
        decay=schedule.decay,
        floor=schedule.floor,
        scale=options.threshold_scale,
        clamp=clamp,
        accept=accept,
        tag_weight=tag_weight,
    )


def listed(text: str, name: str) -> tuple[str, ...]:
    """The words of a comma-separated parameter; empty and repeated ones are refused."""
    words = tuple(word.strip() for word in text.split(","))
    if not all(words) or len(set(words)) < len(words):
        raise UserError(f"{name}={text!r} has an empty or repeated entry", "separate different names by single commas")
    return words


def steps_for(clips: int) -> int:
    """Default training steps per candidate for `clips` training clips: a function of that number alone.

    0.57 per clip, at least 40, up to 440 clips (250 steps); from there growing with the square root, so that 1500 clips
    give 462 steps and the 56000 of DCASE 2018 give 2820.
    """
    linear = 250 * clips / 440
    return max(40, round(linear if clips <= 440 else 250 * math.sqrt(clips / 440)))


def resolve_steps(options: LengthOptions, *, clips: int, batch: int) -> int:
    """Training steps: `steps`, else `epochs` over the clips, else from the number of clips."""
    if options.steps and options.epochs:
        raise UserError("steps and epochs are both given", "give one of them")
    if options.epochs:
        return options.epochs * math.ceil(clips / batch)
    return options.steps or steps_for(clips)


def seed_of(*parts: str | int) -> int:
    """A seed for one training, from the job's seed and what the training is called."""
    return int.from_bytes(sha256("/".join(map(str, parts)).encode()).digest()[:4], "big") >> 1


def recipe_of(options: FittedSettings) -> str:
    """The recipe, of entry points without one the default."""
    return getattr(options, "recipe", "default")


def rate_of(options: FittedSettings, architecture: str) -> float:
    """Learning rate of a network: as given, else its own; with recipe=paper S1's."""
    own = RATES if recipe_of(options) == "default" else {}
    return options.learning_rate or own.get(architecture, S1_RATE)


def width_of(options: WidthOptions, architecture: str) -> float:
    """Factor of a network's channels: as given, else its own."""
    return options.width or WIDTHS.get(architecture, 1.0)


def fit_settings(options: FittedSettings, architecture: str, *, clips: int) -> FitSettings:
    """How a network is trained, from the parameters and the number of training clips."""
    recipe = recipe_of(options)
    batch = options.batch or BATCH[recipe]
    return FitSettings(
        steps=resolve_steps(options, clips=clips, batch=batch),
        batch=batch,
        learning_rate=rate_of(options, architecture),
        seed=options.seed,
        precision=precision_of(options),
        time_mask=options.time_mask,
        frequency_mask=options.frequency_mask,
        mixup=options.mixup,
        average=0.0 if recipe == "paper" else options.average,
    )
