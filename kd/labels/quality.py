"""How good labels are, held against reference events: what a study of labels maximises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid
from kd.corpus.tables import Event
from kd.labels.rule import LabelRule, Logits
from kd.labels.smoothing import Array, Smoothing, probabilities, smooth
from kd.scoring.frame_truth import frame_truth
from kd.scoring.operating_points import OperatingPoints
from kd.scoring.tune import score_at

LOG_LOSS_COUNTS = 0.1  # F1 that one nat of log loss costs
LEAST = 1e-4


@dataclass(frozen=True, slots=True)
class Quality:
    """f1: macro event F1 of labels made events, 0 where undefined; classes: of each; log_loss: of soft and gated labels."""

    f1: float
    classes: Mapping[str, float]
    log_loss: float | None

    @property
    def value(self) -> float:
        """One number for both: F1, less a tenth of the log loss where there is one (ours)."""
        return self.f1 - LOG_LOSS_COUNTS * (self.log_loss or 0.0)


def label_quality(
    logits: Logits,
    truth: Mapping[str, Sequence[Event]],
    *,
    clips: Sequence[str],
    grid: FrameGrid,
    classes: Sequence[str],
    rule: LabelRule,
    smoothings: Sequence[Smoothing],
) -> Quality:
    """Quality of the labels that a rule makes of teachers' logits (clips, frames, classes), mean over smoothings.

    Events are where smoothed binary labels reach 1/2, or where smoothed σ(z) of soft and gated labels reaches the class's
    threshold: at any temperature the same, because σ(z / T) ≥ σ(logit(t) / T) is σ(z) ≥ t. The log loss is the mean over
    labelled frames of -[y log q + (1 - y) log(1 - q)] for labels q and reference frames y, mean over classes.
    """
    active = frame_truth(truth, clips=clips, classes=classes, grid=grid)
    binary = rule.kind == "binary"
    points = OperatingPoints((0.5,) * len(classes) if binary else rule.thresholds, (1,) * len(classes))

    def one(how: Smoothing) -> Quality:
        labels = rule.labels(logits, how)
        scores: Array = labels.astype(np.float32) if binary else smooth(probabilities(logits), how)
        figures = score_at(scores, truth, clips=clips, grid=grid, points=points, classes=classes)
        f1 = {label: each.f1 or 0.0 for label, each in figures.classes.items()}
        return Quality(figures.macro.f1 or 0.0, f1, None if binary else log_loss(labels, active))

    found = [one(how) for how in smoothings]
    losses = [each.log_loss for each in found if each.log_loss is not None]
    return Quality(
        float(np.mean([each.f1 for each in found])),
        {label: float(np.mean([each.classes[label] for each in found])) for label in classes},
        float(np.mean(losses)) if losses else None,
    )


def log_loss(labels: npt.NDArray[np.floating], truth: npt.NDArray[np.bool_]) -> float:
    """Mean over classes of the frames' log loss, both (clips, frames, classes); frames without a label are left out.

    Labels are kept within 1e-4 of 0 and 1; a class without any labelled frame counts 0.
    """
    q = np.clip(labels.astype(np.float32), LEAST, 1 - LEAST)
    each = -np.where(truth, np.log(q), np.log1p(-q))
    known = ~np.isnan(each)
    count = known.sum(axis=(0, 1))
    total = np.where(known, each, 0).sum(axis=(0, 1), dtype=np.float64)
    return float(np.mean(total / np.maximum(count, 1)))
