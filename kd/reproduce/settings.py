"""Parameters of `reproduce`."""

from dataclasses import dataclass

from kd.config import option
from kd.corpus.settings import SplitSettings
from kd.models.config import ARCHITECTURES
from kd.passes.options import ArithmeticOptions, ClipOptions

TABLES = ("main", "strong", "ablation")


@dataclass(frozen=True)
class ReproduceOptions:
    """What is run, how long, and where its results go."""

    tables: str = option("main", help=f"tables to fill, comma-separated, of {', '.join(TABLES)}")
    systems: str = option("", help="only these systems, comma-separated; empty: all of a table")
    seeds: int = option(
        3, help="seeds 0, 1, … of each system of the main table; the others have seed 0", low=1, high=100
    )
    passes: int = option(8, help="passes of a job; an ablation has three", low=2, high=100)
    steps: int = option(
        0,
        help="training steps of each network of our job; 0: from the number of clips; all others have as many clip-steps",
        low=0,
        high=10_000_000,
    )
    teacher: str = option("small", help="network of the mean teacher", choices=ARCHITECTURES)
    epochs: int = option(100, help="most epochs of each of the baseline's two trainings", low=1, high=100_000)
    out: str = option(
        "reproduce-results",
        help="folder of results, one JSON file for each system and seed; kept ones are not run again",
    )
    model: str = option("kd-reproduce", help="name in the model registry that those of the jobs begin with")
    energy: bool = option(False, help="measure the energy of each run, by codecarbon")


@dataclass(frozen=True)
class ReproduceSettings(ArithmeticOptions, ReproduceOptions, ClipOptions, SplitSettings):
    """Parameters of `reproduce`; `strong` names the split of the second table."""

    strong: str = option("train/synthetic", help="strongly labelled split that every system of table strong also gets")
