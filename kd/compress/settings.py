"""Parameters of `compress`."""

from dataclasses import dataclass

from kd.config import option
from kd.models.config import SMALL
from kd.passes.options import ArithmeticOptions, CorpusSettings, DescentOptions, DirectionOptions, WorkerOptions

WEIGHTINGS = ("convex", "mean", "best", "none")


@dataclass(frozen=True)
class CompressOptions:
    """Teachers, students, and how these learn."""

    teachers: str = option(
        "models:/kd-sed@merged",
        help="registered models, comma-separated models:/ addresses; of a merged one, all networks that it is made of",
    )
    ratio: float = option(
        50.0, help="how many times smaller than the deep network, or the largest teacher", low=1, high=1e6
    )
    ratios: str = option("", help="several ratios, comma-separated, in place of ratio=: a student of each, and a knee")
    architectures: str = option(
        "small", help=f"students, comma-separated, of {', '.join(SMALL)} (without recurrent cells)"
    )
    weightings: str = option(
        "convex",
        help="how teachers are weighed for each class, comma-separated, a student of each: convex (likeliest on "
        "select_on), mean, best (the one of best F1), none (the same student without teachers)",
    )
    temperature: float = option(
        1.0, help="of the teachers' labels; towards 0 they are what they detect", low=0.05, high=100
    )
    weight: float = option(0.1, help="of known labels in the loss, beside 1 - weight of the teachers'", low=0, high=1)
    embedding: float = option(
        4.0,
        help="what it counts that a student finds frames alike that the best teacher does; 0: nothing",
        low=0,
        high=1e4,
    )
    model: str = option("kd-sed-small", help="name in the model registry that students are registered under")


@dataclass(frozen=True)
class StudentDescentOptions(DescentOptions):
    """How a student is trained."""

    learning_rate: float = option(0.003, help="Adam's rate; falls linearly over the last third", low=1e-8, high=1)


@dataclass(frozen=True)
class CompressSettings(
    DirectionOptions, ArithmeticOptions, StudentDescentOptions, CorpusSettings, WorkerOptions, CompressOptions
):
    """Parameters of `compress`."""
