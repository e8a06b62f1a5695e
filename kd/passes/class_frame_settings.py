"""Parameters of `class_frame`."""

from dataclasses import dataclass

from kd.config import option
from kd.corpus.settings import LabelledSettings
from kd.losses.names import CLASS_WEIGHTS
from kd.passes.options import ArithmeticOptions, ClipOptions, LengthOptions, RegistryOptions, WidthOptions


@dataclass(frozen=True)
class UpdateOptions:
    """How pseudo-labels are updated, and what each loss counts."""

    updates: int = option(4, help="updates of the pseudo-labels in the second stage", low=1, high=1000)
    threshold_start: float = option(0.75, help="threshold of the first update", low=0, high=1)
    threshold_decay: float = option(
        -1.0, help="what the threshold falls by in each update; -1: down to the floor over the updates", low=-1, high=1
    )
    threshold_floor: float = option(0.25, help="the threshold does not fall below this", low=0, high=1)
    weights: str = option("nec", help="weights of the classes by their clips; nec: the paper's", choices=CLASS_WEIGHTS)
    balanced: bool = option(False, help="losses of frames without the paper's factor of clips over labelled clips")


@dataclass(frozen=True)
class DescentOptions(LengthOptions):
    """How the network is trained; `steps` in each of the two stages."""

    steps: int = option(0, help="training steps in each stage; 0: from the number of clips", low=0, high=10_000_000)
    epochs: int = option(
        0, help="training epochs in each stage, where steps=0; 0: from the number of clips", low=0, high=100_000
    )
    batch: int = option(12, help="clips per step", low=1, high=4096)
    learning_rate: float = option(
        0.001, help="of gradient descent; falls linearly over the last third of a training", low=1e-8, high=10
    )
    momentum: float = option(0.9, help="of gradient descent", low=0, high=0.999)
    seed: int = option(0, help="seed of initialisation and batch order", low=0, high=2**31)


@dataclass(frozen=True)
class ClassFrameOptions(UpdateOptions):
    """The job of `class_frame`."""

    step_ms: float = option(
        0.0,
        help="milliseconds between frames of features; 0: 9.75, which gives 1024 frames in 10 s; 8 is printed in the paper, "
        "whose 1024 frames then end after 8.2 s",
        low=0,
        high=1000,
    )
    fresh: bool = option(False, help="start a new job that reuses features but no finished step")


@dataclass(frozen=True)
class ClassFrameSettings(
    RegistryOptions, WidthOptions, ArithmeticOptions, DescentOptions, ClipOptions, LabelledSettings, ClassFrameOptions
):
    """Parameters of `class_frame`."""
