"""Parameters of the entry points that train, label and merge."""

from dataclasses import dataclass

from kd.passes.options import (
    ArithmeticOptions,
    ClampOptions,
    CorpusSettings,
    DistillOptions,
    FitOptions,
    LabellingOptions,
    LabelOptions,
    LoopOptions,
    MergeOptions,
    NetworkOptions,
    PlacingOptions,
    StudyOptions,
    TrainOptions,
    TuneOptions,
    TuningOptions,
    WorkerOptions,
)


@dataclass(frozen=True)
class IterateSettings(
    NetworkOptions,
    ClampOptions,
    LabelOptions,
    ArithmeticOptions,
    FitOptions,
    CorpusSettings,
    TuningOptions,
    WorkerOptions,
    LoopOptions,
):
    """Parameters of `iterate`."""


@dataclass(frozen=True)
class TrainSettings(NetworkOptions, ArithmeticOptions, FitOptions, CorpusSettings, TrainOptions):
    """Parameters of `train`."""


@dataclass(frozen=True)
class DistillSettings(NetworkOptions, ClampOptions, ArithmeticOptions, FitOptions, CorpusSettings, DistillOptions):
    """Parameters of `distill`."""


@dataclass(frozen=True)
class TuneSettings(
    NetworkOptions,
    ClampOptions,
    LabelOptions,
    ArithmeticOptions,
    FitOptions,
    CorpusSettings,
    StudyOptions,
    PlacingOptions,
    TuneOptions,
):
    """Parameters of `tune`."""


FittedSettings = IterateSettings | TuneSettings | TrainSettings | DistillSettings


@dataclass(frozen=True)
class PseudoLabelSettings(ArithmeticOptions, LabelOptions, CorpusSettings, LabellingOptions):
    """Parameters of `pseudo_label`."""


@dataclass(frozen=True)
class MergeSettings(ArithmeticOptions, CorpusSettings, MergeOptions):
    """Parameters of `merge`."""
