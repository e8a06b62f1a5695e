"""Segment-based F1: time is cut into equal segments; a class is active in those that its events touch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from kd.scoring.counts import CellCounts, Policy, Scores
from kd.scoring.selection import by_cell, classes_to_score, clips_to_score, labels_of

if TYPE_CHECKING:
    from kd.corpus.tables import Event


def active_segments(*, events: Sequence[Event], resolution: float) -> set[int]:
    """Segments touched by events: floor(onset / resolution) up to, not with, ceil(offset / resolution).

    Multiplied by 1 and then divided, as sed_eval's `event_list_to_event_roll` does it.
    """
    touched: set[int] = set()
    for event in events:
        first, last = math.floor(event.onset * 1 / resolution), math.ceil(event.offset * 1 / resolution)
        touched.update(range(max(first, 0), last))
    return touched


def segment_cells(
    *,
    reference: Mapping[str, Sequence[Event]],
    predicted: Mapping[str, Sequence[Event]],
    clips: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    resolution: float = 1.0,
) -> CellCounts:
    """Segments hit, falsely active and missed, of each clip and class. Arguments as in `event_f1.event_cells`."""
    if not 0 < resolution < math.inf:
        raise ValueError(f"resolution must be above 0 and finite, not {resolution}")
    names = clips_to_score(reference=reference, predicted=predicted, clips=clips)
    labels = classes_to_score(labels=labels_of(reference, predicted, clips=names), classes=classes)
    tp, fp, fn = (np.zeros(len(names) * len(labels), np.int64) for _ in range(3))
    truths = by_cell(events=reference, clips=names, classes=labels)
    guesses = by_cell(events=predicted, clips=names, classes=labels)
    for cell, (truth, guess) in enumerate(zip(truths, guesses, strict=True)):
        if truth or guess:
            there = active_segments(events=truth, resolution=resolution)
            said = active_segments(events=guess, resolution=resolution)
            tp[cell], fp[cell], fn[cell] = len(there & said), len(said - there), len(there - said)
    shape = (len(names), len(labels))
    return CellCounts(clips=names, classes=labels, tp=tp.reshape(shape), fp=fp.reshape(shape), fn=fn.reshape(shape))


def segment_based(
    reference: Mapping[str, Sequence[Event]],
    predicted: Mapping[str, Sequence[Event]],
    *,
    clips: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    resolution: float = 1.0,
    empty: Policy = "undefined",
) -> Scores:
    """Segment-based F1, precision and recall over segments of `resolution` seconds; by default equal to sed_eval 0.2.1.

    sed_eval's `SegmentBasedMetrics`, unlike its event-based sister, cannot be told `zero_score`: a class without any
    predicted segment is left out of the means. `empty="zero_score"` counts it as 0.
    """
    cells = segment_cells(reference=reference, predicted=predicted, clips=clips, classes=classes, resolution=resolution)
    return cells.total().scores(empty=empty)
