"""What a job will train: a student of each architecture, ratio and weighting."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

from kd.compress.settings import WEIGHTINGS, CompressSettings
from kd.config import convert_number
from kd.errors import UserError, did_you_mean
from kd.models.config import SMALL, ModelConfig
from kd.models.size import parameters_of, width_for
from kd.passes.plan import check_direction, listed

NONE = "none"  # the weighting of a student without teachers
LONGER = 4  # default steps to those of a network of a pass: a small one takes a third of the time or less


@dataclass(frozen=True, slots=True)
class Student:
    """A student to be. ratio: how many times smaller than the reference it is asked to be."""

    architecture: str
    ratio: float
    weighting: str

    @property
    def name(self) -> str:
        """`small-50-convex`."""
        return f"{self.architecture}-{self.ratio:g}-{self.weighting}"


def students(settings: CompressSettings) -> list[Student]:
    """Every student of a job, largest first. Raises UserError for a word that is none."""
    architectures = known(settings.architectures, "architectures", SMALL)
    check_direction(settings.direction, architectures)
    weightings = known(settings.weightings, "weightings", WEIGHTINGS)
    ratios = [settings.ratio]
    if settings.ratios:
        ratios = sorted(convert_number("ratios", word, low=1, high=1e6) for word in listed(settings.ratios, "ratios"))
    return [Student(*each) for each in product(architectures, ratios, weightings)]


def known(text: str, name: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a list, all among those known. Raises UserError."""
    found = listed(text, name)
    for word in found:
        if word not in words:
            raise UserError(f"{name}: unknown {word!r}", did_you_mean(word, words) or f"known: {', '.join(words)}")
    return found


def reference_size(classes: Sequence[str], teachers: Sequence[int], *, mels: int) -> int:
    """What ratios refer to: parameters of the deep network for these classes, or of the largest teacher, if that has more."""
    return max(parameters_of(ModelConfig("deep", tuple(classes), mels=mels)), *teachers)


def config_of(student: Student, classes: Sequence[str], *, mels: int, direction: str, reference: int) -> ModelConfig:
    """The largest network of a student's kind that is as many times smaller as asked."""
    one_way = direction if student.architecture == "small" else "both"
    config = ModelConfig(student.architecture, tuple(classes), mels=mels, direction=one_way)
    config = replace(config, width=width_for(config, most=int(reference / student.ratio)))
    assert parameters_of(config) * student.ratio <= reference
    return config
