"""Parameters of the entry points that score and compare."""

from dataclasses import dataclass

from kd.config import option
from kd.passes.options import ArithmeticOptions


@dataclass(frozen=True)
class ScoringOptions:
    """What counts as found, and how intervals are drawn."""

    threshold: float = option(
        0.5, help="of a score folder: frames with a score of at least this are active", low=-1e6, high=1e6
    )
    window: int = option(
        1,
        help="of a score folder: median over so many frames before anything but AP and calibration",
        low=1,
        high=9999,
        odd=True,
    )
    onset_collar: float = option(0.2, help="seconds by which an onset may miss", low=0, high=1000)
    offset_collar: float = option(0.2, help="seconds by which an offset may miss, at least", low=0, high=1000)
    offset_share: float = option(
        0.2, help="share of the event's length by which an offset may miss, if that is more", low=0, high=100
    )
    tolerance: float = option(
        0.0, help="seconds added to both collars; 0: as sed_eval, on bare doubles", low=0, high=1000
    )
    empty_class: str = option(
        "default",
        help="a class without predictions or reference events; default: as sed_eval, zero_score for events and tags, "
        "undefined for segments",
        choices=("default", "zero_score", "undefined", "zero"),
    )
    unit: str = option(
        "auto",
        help="what a resample draws; auto: makers where a column or a table in sources/ names them, else clips",
        choices=("auto", "clip", "maker"),
    )
    seed: int = option(0, help="seed of the resamples", low=0, high=2**31)


@dataclass(frozen=True)
class EvaluateOptions:
    """What `evaluate` scores: a table of events, a folder of scores, or a registered model on a corpus."""

    reference: str = option("", help="table of reference events")
    predictions: str = option("", help="table of predicted events")
    scores: str = option("", help="folder of frame scores, one table for each clip; instead of predictions=")
    clips: str = option("", help="table or list naming the clips to score; empty: those of the reference")
    model: str = option("", help="registered model, as a models:/ address; instead of reference= and predictions=")
    data: str = option("demo", help="corpus folder the model is scored on")
    split: str = option("test/test", help="strongly labelled split the model is scored on")
    missing: str = option("error", help="clips listed but absent", choices=("error", "skip"))
    out: str = option("", help="JSON file to write; empty: none")
    check: str = option(
        "none", help="sed_eval: compute event and segment scores again by that package", choices=("none", "sed_eval")
    )
    track: bool = option(False, help="log scores, table and curves to an MLflow run")
    resamples: int = option(1000, help="resamples of the 95 % intervals; 0: none", low=0, high=1_000_000)


@dataclass(frozen=True)
class EvaluateSettings(ArithmeticOptions, ScoringOptions, EvaluateOptions):
    """Parameters of `evaluate`."""


@dataclass(frozen=True)
class CompareOptions:
    """What `compare` sets side by side; the difference is b minus a."""

    a: str = option(
        "",
        help="a table of events, a folder of scores, a models:/ address, or a run's id; several between commas: their mean",
    )
    b: str = option("", help="the same, of the system that a is compared with")
    reference: str = option("", help="table of reference events, for files; empty beside a model or run: the split's")
    clips: str = option("", help="table or list naming the clips to score, for files; empty: those of the reference")
    data: str = option("demo", help="corpus folder, for models and runs")
    split: str = option("test/test", help="strongly labelled split, for models and runs")
    missing: str = option("error", help="clips listed but absent", choices=("error", "skip"))
    out: str = option("", help="JSON file to write; empty: none")
    resamples: int = option(1000, help="resamples of the 95 % intervals", low=20, high=1_000_000)


@dataclass(frozen=True)
class CompareSettings(ArithmeticOptions, ScoringOptions, CompareOptions):
    """Parameters of `compare`."""
