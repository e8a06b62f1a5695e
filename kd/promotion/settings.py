"""Parameters of the entry points that look after the registered model: `promote`, `champions` and `prune`."""

from dataclasses import dataclass

from kd.config import option
from kd.passes.options import ArithmeticOptions, RegistryOptions
from kd.tracking.registry import STAGES

POLICIES = ("best", "significant", "manual")


@dataclass(frozen=True)
class ChoiceOptions:
    """Which champions move."""

    policy: str = option(
        "",
        help="best: each class's alias to the version with the best F1; significant: only where the 95 % interval of the "
        "difference excludes zero; manual: as moves= says",
        choices=("", *POLICIES),
    )
    judged_by: str = option(
        "tuned", help="operating points of that F1, on the selection split", choices=("tuned", "fixed")
    )
    versions: str = option(
        "", help="versions that may become champions, comma-separated; empty: all of the champion's corpus"
    )
    classes: str = option("", help="classes whose champion may change, comma-separated; empty: all")
    moves: str = option("", help="for policy=manual: alias or class, colon, version; several between commas")


@dataclass(frozen=True)
class StageOptions:
    """Which merged detector goes to which stage, and what it must pass."""

    stage: str = option("", help="stage that the merged detector is put to", choices=("", *STAGES))
    version: int = option(
        0, help="version for the stage; 0: that of merged, or for the later stages of the stage before", low=0
    )
    gates: str = option("on", help="off: put it there unchecked, which is recorded", choices=("on", "off"))
    class_drop: float = option(
        0.02, help="event F1 that no class may lose by more than, against what stands there", low=0, high=1
    )
    calibration: float = option(
        0.1, help="highest calibration error of frames, at the model's temperatures", low=0, high=1
    )
    latency_ms: float = option(
        1000.0, help="highest median time for one clip on this machine, in milliseconds", low=0, high=1e9
    )


@dataclass(frozen=True)
class EvidenceOptions:
    """Which clips versions are compared on."""

    data: str = option("demo", help="corpus that differences are computed on")
    split: str = option("validation/validation", help="its strongly labelled split, the one that was selected on")
    missing: str = option("error", help="clips listed but absent", choices=("error", "skip"))
    resamples: int = option(1000, help="resamples of the 95 % intervals", low=20, high=1_000_000)


@dataclass(frozen=True)
class HistoryOptions:
    """Moves that were made."""

    list: bool = option(False, help="print all moves of aliases, and move nothing")
    undo: int = option(0, help="number of the moves to take back, as list=true prints them; 0: none", low=0)
    dry_run: bool = option(False, help="print what would move and why, and move nothing")


@dataclass(frozen=True)
class PromoteSettings(RegistryOptions, ArithmeticOptions, EvidenceOptions, HistoryOptions, StageOptions, ChoiceOptions):
    """Parameters of `promote`."""


@dataclass(frozen=True)
class ChampionsSettings(RegistryOptions):
    """Parameters of `champions`."""


@dataclass(frozen=True)
class PruneOptions:
    """What `prune` keeps."""

    keep: str = option(
        "passes",
        help="beside versions with an alias and those that they come from: passes, each pass's merged detector and its "
        "champions; lineage, nothing",
        choices=("passes", "lineage"),
    )
    dry_run: bool = option(True, help="print what would go, and delete nothing")


@dataclass(frozen=True)
class PruneSettings(RegistryOptions, PruneOptions):
    """Parameters of `prune`."""
