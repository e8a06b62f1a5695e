"""Parameters of `baseline`."""

from dataclasses import dataclass

from kd.config import option
from kd.corpus.settings import SplitSettings
from kd.passes.options import ArithmeticOptions, ClipOptions


@dataclass(frozen=True)
class BaselineOptions:
    """How the baseline is trained, and where its scores go."""

    epochs: int = option(100, help="most epochs of each of the two trainings", low=1, high=100_000)
    seed: int = option(
        0, help="seed of initialisation, batch order, dropout and the validation clips", low=0, high=2**31
    )
    out: str = option("", help="JSON file to write; empty: none")


@dataclass(frozen=True)
class BaselineSettings(ArithmeticOptions, BaselineOptions, ClipOptions, SplitSettings):
    """Parameters of `baseline`."""

    out_of_domain: str = option("", help="not used: the baseline learns from weak and in-domain clips")
