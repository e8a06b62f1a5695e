"""What merged teachers give their students to learn from."""

from collections.abc import Mapping
from dataclasses import dataclass

from kd.audio.grid import FrameGrid
from kd.labels.rule import LabelRule, Logits


@dataclass(frozen=True, slots=True)
class Teaching:
    """logits: (clips, frames, classes) by role of a training split, on `grid`; rule: how they become labels.

    clamp, accept, tag_weight: as in `LabelSettings`; without: columns of classes that get no labels at all.
    """

    logits: Mapping[str, Logits]
    grid: FrameGrid
    rule: LabelRule
    clamp: bool
    accept: str = "all"
    without: tuple[int, ...] = ()
    tag_weight: float = 0.0
