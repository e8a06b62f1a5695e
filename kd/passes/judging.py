"""Scores of logits on the scored splits: `fixed`, and `tuned` at points chosen on the selection split."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid
from kd.labels.smoothing import probabilities
from kd.passes.inputs import Part
from kd.scoring.operating_points import OperatingPoints
from kd.scoring.tune import score_at, tune

Logits = npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Scores of one set of logits.

    points: per class, chosen on the selection split; select, report: `{fixed: E, tuned: E}` as in `results.json`,
    report None where nothing is reported.
    """

    points: OperatingPoints
    select: dict[str, Any]
    report: dict[str, Any] | None

    def f1(self, kind: str) -> dict[str, float | None]:
        """Class to F1 on the selection split, `fixed` or `tuned`."""
        return {label: figures["f1"] for label, figures in self.select[kind]["classes"].items()}


def judge(
    classes: Sequence[str],
    *,
    grid: FrameGrid,
    select: tuple[Part, Logits],
    report: tuple[Part, Logits] | None,
    points: OperatingPoints | None = None,
) -> Verdict:
    """Score logits of the selection split and, at the same operating points, of the reported one.

    points: known operating points; None chooses them on the selection split.
    """
    part, logits = select
    scores = probabilities(logits)
    if points is None:
        points = tune(scores, part.truth, clips=part.names, grid=grid, classes=classes)
    chosen = scored(scores, part, classes=classes, grid=grid, points=points)
    if report is None:
        return Verdict(points, chosen, None)
    other, unseen = report
    return Verdict(points, chosen, scored(probabilities(unseen), other, classes=classes, grid=grid, points=points))


def scored(
    scores: npt.NDArray[np.float32], part: Part, *, classes: Sequence[str], grid: FrameGrid, points: OperatingPoints
) -> dict[str, Any]:
    """`{fixed: E, tuned: E}` of one split's scores (clips, frames, classes)."""
    kinds = {"fixed": OperatingPoints.fixed(classes=len(classes)), "tuned": points}
    return {
        kind: score_at(scores, part.truth, clips=part.names, grid=grid, points=at, classes=classes).to_dict()
        for kind, at in kinds.items()
    }


def macro(verdict: dict[str, Any] | None, kind: str = "tuned") -> float | None:
    """Macro event F1 of a `{fixed, tuned}` record."""
    return None if verdict is None else verdict[kind]["macro"]["f1"]
