"""What a job will do, resolved from its parameters before it starts."""

import math
from dataclasses import dataclass
from hashlib import sha256

from kd.errors import UserError, did_you_mean
from kd.labels.smoothing import Smoothing, smoothing
from kd.passes.settings import FitOptions, FittedSettings, IterateSettings, LabelOptions
from kd.passes.threads import precision_of
from kd.training.fit import FitSettings

ARCHITECTURES = ("deep", "shallow")
BATCH = {"default": 12, "paper": 32}
SMOOTHED = {"default": "median,median+gaussian", "paper": "none,median,median+gaussian"}
LABELS = {"default": "binary", "paper": "soft"}
JUDGED_BY = {"default": "tuned", "paper": "fixed"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One network to be trained: its architecture and, from pass 2 on, how its labels are smoothed."""

    architecture: str
    smoothing: Smoothing | None = None

    @property
    def name(self) -> str:
        """`deep` in pass 1, `deep-median` later."""
        return self.architecture if self.smoothing is None else f"{self.architecture}-{self.smoothing.name}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Passes and their candidates, the champions' yardstick, `tuned` or `fixed` F1, and what labels are.

    labels: the kind of `kd.labels.rule.LabelRule`; clamp: whether they are 0 where a class is known to be absent.
    """

    passes: int
    architectures: tuple[str, ...]
    smoothings: tuple[Smoothing, ...]
    judged_by: str
    labels: str
    clamp: bool

    def candidates(self, index: int) -> tuple[Candidate, ...]:
        """Candidates of pass `index`, from 1, architecture by architecture. Source: S1 sections 3.3.1 to 3.3.3."""
        if index == 1:
            return tuple(Candidate(architecture) for architecture in self.architectures)
        return tuple(Candidate(a, how) for a in self.architectures for how in self.smoothings)

    @property
    def widest(self) -> int:
        """Candidates of the pass that has most."""
        return max(len(self.candidates(index)) for index in range(1, self.passes + 1))

    def trainings(self) -> list[tuple[int, Candidate]]:
        """Every network of the job in order: the tagger as pass 0, then each pass's candidates."""
        later = [(index, c) for index in range(1, self.passes + 1) for c in self.candidates(index)]
        return [(0, Candidate("deep")), *later]


def plan(settings: IterateSettings) -> Plan:
    """The plan of an iterate job."""
    wanted = listed(settings.architectures, "architectures")
    for name in wanted:
        if name not in ARCHITECTURES:
            raise UserError(f"unknown architecture {name!r}", did_you_mean(name, ARCHITECTURES) or "deep or shallow")
    smoothed = listed(settings.smoothings or SMOOTHED[settings.recipe], "smoothings")
    ways = tuple(smoothing(name, window=settings.window, sigma=settings.sigma) for name in smoothed)
    paper = settings.recipe == "paper"
    if paper and settings.temperature != 1:
        raise UserError("recipe=paper distils at temperature 1", "leave temperature out, or use recipe=default")
    if paper and settings.labels == "binary":
        raise UserError("recipe=paper distils soft labels", "leave labels out, or use recipe=default")
    labels = label_kind(settings, recipe=settings.recipe)
    return Plan(settings.passes, wanted, ways, JUDGED_BY[settings.recipe], labels, settings.clamp and not paper)


def label_kind(options: LabelOptions, *, recipe: str = "default") -> str:
    """`soft` or `binary`: as given, else soft where a temperature is, else the recipe's."""
    if options.labels == "binary" and options.temperature != 1:
        raise UserError("a temperature changes no binary label", "leave temperature out, or give labels=soft")
    return options.labels or ("soft" if options.temperature != 1 else LABELS[recipe])


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


def resolve_steps(options: FitOptions, *, clips: int, batch: int) -> int:
    """Training steps: `steps`, else `epochs` over the clips, else from the number of clips."""
    if options.steps and options.epochs:
        raise UserError("steps and epochs are both given", "give one of them")
    if options.epochs:
        return options.epochs * math.ceil(clips / batch)
    return options.steps or steps_for(clips)


def seed_of(*parts: str | int) -> int:
    """A seed for one training, from the job's seed and what the training is called."""
    return int.from_bytes(sha256("/".join(map(str, parts)).encode()).digest()[:4], "big") >> 1


def fit_settings(options: FittedSettings, *, clips: int, recipe: str = "default") -> FitSettings:
    """How each network is trained, from the parameters and the number of training clips."""
    batch = options.batch or BATCH[recipe]
    return FitSettings(
        steps=resolve_steps(options, clips=clips, batch=batch),
        batch=batch,
        learning_rate=options.learning_rate,
        seed=options.seed,
        precision=precision_of(options),
        time_mask=options.time_mask,
        frequency_mask=options.frequency_mask,
        mixup=options.mixup,
    )
