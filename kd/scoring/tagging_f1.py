"""Tagging F1: which classes occur in a clip, whatever the time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from kd.scoring.counts import CellCounts, Policy, Scores
from kd.scoring.selection import classes_to_score, clips_to_score


def tagging(
    reference: Mapping[str, Collection[str]],
    predicted: Mapping[str, Collection[str]],
    *,
    clips: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    empty: Policy = "zero_score",
) -> Scores:
    """F1, precision and recall of sets of tags by clip; a clip absent from `predicted` has no tag."""
    cells = tagging_cells(reference=reference, predicted=predicted, clips=clips, classes=classes)
    return cells.total().scores(empty=empty)


def tagging_cells(
    *,
    reference: Mapping[str, Collection[str]],
    predicted: Mapping[str, Collection[str]],
    clips: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
) -> CellCounts:
    """Tags hit, falsely given and missed, of each clip and class: 0 or 1. Arguments as in `tagging`."""
    names = clips_to_score(reference=reference, predicted=predicted, clips=clips)
    found = {tag for table in (reference, predicted) for name in names for tag in table.get(name, ())}
    labels = classes_to_score(labels=found, classes=classes)
    truth, guess = (_matrix(table, names, labels) for table in (reference, predicted))
    return _cells(truth, guess, names, labels)


def tagging_of_probabilities(
    *,
    targets: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    classes: Sequence[str],
    thresholds: npt.ArrayLike = 0.5,
    empty: Policy = "zero_score",
) -> Scores:
    """The same from tag probabilities `(clips, classes)` against targets `(clips, classes)`, 0 or 1.

    A tag is given where probability >= threshold; thresholds: one, or one for each class.
    """
    truth, given = np.asarray(targets).astype(np.bool_), np.asarray(probabilities)
    if truth.shape != given.shape or truth.ndim != 2 or truth.shape[1] != len(classes):
        raise ValueError(f"targets {truth.shape} and probabilities {given.shape} must be (clips, {len(classes)})")
    if np.isnan(given).any():
        raise ValueError("probabilities hold NaN")
    guess = given >= np.asarray(thresholds, np.float64)
    return _cells(truth, guess, tuple(map(str, range(len(truth)))), tuple(classes)).total().scores(empty=empty)


def _matrix(
    table: Mapping[str, Collection[str]], clips: Sequence[str], classes: Sequence[str]
) -> npt.NDArray[np.bool_]:
    return np.array([[label in table.get(clip, ()) for label in classes] for clip in clips], np.bool_).reshape(
        len(clips), len(classes)
    )


def _cells(
    truth: npt.NDArray[np.bool_], guess: npt.NDArray[np.bool_], clips: tuple[str, ...], classes: tuple[str, ...]
) -> CellCounts:
    tp, fp, fn = (x.astype(np.int64) for x in (truth & guess, ~truth & guess, truth & ~guess))
    return CellCounts(clips=clips, classes=classes, tp=tp, fp=fp, fn=fn)
