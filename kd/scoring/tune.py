"""Choosing the operating point of each class, and the score at given ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kd.scoring.counts import CellCounts, Policy, Scores, f1_of
from kd.scoring.grid import FrameGrid
from kd.scoring.grid_counts import Bools, GridCounts, class_rows, count_levels, grid_counts, smooth_levels
from kd.scoring.matching import Collars
from kd.scoring.operating_points import (
    DEFAULT_THRESHOLDS,
    DEFAULT_WINDOWS,
    FIXED_THRESHOLD,
    FIXED_WINDOW,
    OperatingPoints,
    preferred,
)

if TYPE_CHECKING:
    from kd.corpus.tables import Event

Floats = npt.NDArray[np.float64]
Blur = tuple[float, float]


def tune(
    scores: npt.NDArray[np.floating],
    reference: Mapping[str, Sequence[Event]],
    *,
    clips: Sequence[str],
    grid: FrameGrid,
    classes: Sequence[str],
    windows: Sequence[int] = DEFAULT_WINDOWS,
    thresholds: Sequence[float] = DEFAULT_THRESHOLDS,
    depths: Sequence[float] = (0.0,),
    collars: Collars | None = None,
    cells: Bools | None = None,
    workers: int | None = None,
    blur: Blur | None = None,
) -> OperatingPoints:
    """The threshold, window and depth of best event-based F1 for each class; see `points_of`.

    Arguments as in `grid_counts.grid_counts`; with `cells`, only those (clip, class) cells are looked at, as
    cross-fitting needs.
    """
    counts = grid_counts(
        scores,
        reference,
        clips=clips,
        grid=grid,
        windows=windows,
        thresholds=thresholds,
        classes=classes,
        depths=depths,
        collars=collars,
        cells=cells,
        workers=workers,
    )
    return points_of(counts, windows=windows, thresholds=thresholds, depths=depths, blur=blur)


def points_of(
    counts: GridCounts,
    *,
    windows: Sequence[int] = DEFAULT_WINDOWS,
    thresholds: Sequence[float] = DEFAULT_THRESHOLDS,
    depths: Sequence[float] | None = None,
    blur: Blur | None = None,
) -> OperatingPoints:
    """The point of highest F1 in each class's grid; with `blur`, the one with the highest F1 around it.

    depths: those that were counted, None where none were. Equal F1: see `preferred`. A class that can teach
    nothing, because it has no reference events or no point hits any, gets threshold 0.5, 7 frames and no hysteresis.
    blur: the F1 surface is smoothed by a Gaussian before its top is sought, so that one lucky cell does not win over a
    plateau; its deviations in grid steps along windows and thresholds. It needs both given in rising order.
    """
    f1 = f1_of(tp=counts.tp, fp=counts.fp, fn=counts.fn)
    around = f1 if blur is None else blurred(blurred(f1, deviation=blur[0], axis=-3), deviation=blur[1], axis=-2)
    known = np.array([0.0] if depths is None else depths)
    deep, lengths, limits = (grid.ravel() for grid in np.meshgrid(known, windows, thresholds, indexing="ij"))
    chosen: list[tuple[float, int, float]] = []
    for k in range(f1.shape[-1]):
        best = preferred(f1=around[..., k].ravel(), thresholds=limits, windows=lengths, depths=deep)
        learnt = f1[..., k].max() > 0
        point = float(limits[best]), int(lengths[best]), float(deep[best])
        chosen.append(point if learnt else (FIXED_THRESHOLD, FIXED_WINDOW, 0.0))
    return OperatingPoints(*(tuple(each) for each in zip(*chosen, strict=True)))


def blurred(values: Floats, *, deviation: float, axis: int) -> Floats:
    """Values smoothed along one axis by a Gaussian cut at four deviations, the first and last repeated beyond the ends."""
    reach = math.ceil(4 * deviation)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    sides = [(0, 0)] * values.ndim
    sides[axis] = (reach, reach)
    wide = np.pad(values, sides, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(wide, len(weights), axis=axis)
    smooth: Floats = windows @ (weights / weights.sum())
    return smooth


def cells_at(
    scores: npt.NDArray[np.floating],
    reference: Mapping[str, Sequence[Event]],
    *,
    clips: Sequence[str],
    grid: FrameGrid,
    points: OperatingPoints,
    classes: Sequence[str],
    collars: Collars | None = None,
) -> CellCounts:
    """Event counts of each clip and class at given operating points; equal to `decode` + `event_cells`."""
    if len(points.thresholds) != len(classes):
        raise ValueError(f"{len(points.thresholds)} operating points for {len(classes)} classes")
    rows, edges = class_rows(scores, reference, clips=clips, grid=grid, classes=classes), grid.edges()
    tp, estimated, referenced = (np.zeros((len(clips), len(classes)), np.int64) for _ in range(3))
    for k in range(len(classes)):
        values, truth = rows(k)
        ascending = np.array(points.thresholds[k : k + 1], np.float64)
        smooth = smooth_levels(values, ascending=ascending, depth=points.depths[k])(points.windows[k])
        hits, found = count_levels(smooth, truth, count=1, edges=edges, collars=collars)
        tp[:, k], estimated[:, k], referenced[:, k] = hits[:, 0], found[:, 0], truth.sizes()
    return CellCounts(clips=tuple(clips), classes=tuple(classes), tp=tp, fp=estimated - tp, fn=referenced - tp)


def score_at(
    scores: npt.NDArray[np.floating],
    reference: Mapping[str, Sequence[Event]],
    *,
    clips: Sequence[str],
    grid: FrameGrid,
    points: OperatingPoints,
    classes: Sequence[str],
    collars: Collars | None = None,
    empty: Policy = "zero_score",
) -> Scores:
    """Event-based scores at given operating points; equal to `decode_clips` followed by `event_based`."""
    cells = cells_at(scores, reference, clips=clips, grid=grid, points=points, classes=classes, collars=collars)
    return cells.total().scores(empty=empty)
