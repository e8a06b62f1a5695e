"""Event counts at every distinct score, and the best F1 that any threshold reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kd.jit import compiled
from kd.scoring.counts import f1_of
from kd.scoring.grid import FrameGrid
from kd.scoring.grid_counts import Bools, Ints, class_rows, count_levels, each_class
from kd.scoring.matching import CellEvents, Collars
from kd.scoring.median import Levels, median_of_levels
from kd.scoring.operating_points import DEFAULT_WINDOWS, FIXED_THRESHOLD, FIXED_WINDOW, preferred

if TYPE_CHECKING:
    from kd.corpus.tables import Event

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Event counts of one class at each threshold: every distinct smoothed score, descending, float32 `(points,)`.

    tp, fp, fn: hits, false alarms and misses where frames with score >= threshold are active, int64 `(points,)`.
    """

    thresholds: Floats
    tp: Ints
    fp: Ints
    fn: Ints


@dataclass(frozen=True, slots=True)
class Best:
    """The highest event-based F1 of one class, and where it is reached; 0.5 and 7 frames if nothing is ever hit."""

    f1: float
    threshold: float
    window: int


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """The scores of one class as ranks, which every median window shares.

    distinct: the distinct scores of all clips, ascending, `(values,)`; levels: `(clips, frames)`, the rank of each
    score among its clip's distinct ones, from 1; places: `(clips, frames)`, where in `distinct` the clip's score of
    rank k + 1 stands, 0 beyond the clip's last rank.
    """

    distinct: Floats
    levels: Levels
    places: Ints


def event_curves(
    scores: npt.NDArray[np.floating],
    reference: Mapping[str, Sequence[Event]],
    *,
    clips: Sequence[str],
    grid: FrameGrid,
    classes: Sequence[str],
    windows: Sequence[int],
    collars: Collars | None = None,
    cells: Bools | None = None,
    workers: int | None = None,
) -> tuple[Curve, ...]:
    """The curve of each class after a median over its own window.

    windows: `(classes,)`, odd numbers of frames; the rest as in `grid_counts.grid_counts`.
    """
    if len(windows) != len(classes):
        raise ValueError(f"{len(windows)} windows for {len(classes)} classes")
    rows, edges = class_rows(scores, reference, clips=clips, grid=grid, classes=classes, cells=cells), grid.edges()

    def one(k: int) -> Curve:
        values, truth = rows(k)
        return _curve(ranked(values), truth, window=windows[k], edges=edges, collars=collars)

    return tuple(each_class(one, classes=len(classes), workers=workers))


def best_f1(
    scores: npt.NDArray[np.floating],
    reference: Mapping[str, Sequence[Event]],
    *,
    clips: Sequence[str],
    grid: FrameGrid,
    classes: Sequence[str],
    windows: Sequence[int] = DEFAULT_WINDOWS,
    collars: Collars | None = None,
    cells: Bools | None = None,
    workers: int | None = None,
) -> tuple[Best, ...]:
    """The highest event-based F1 of each class over all thresholds and the given windows.

    Any threshold counts as the next smoothed score above it, so the distinct scores are all there are to try. Equal F1
    are settled as in `tune.tune`; arguments as in `grid_counts.grid_counts`.
    """
    rows, edges = class_rows(scores, reference, clips=clips, grid=grid, classes=classes, cells=cells), grid.edges()

    def one(k: int) -> Best:
        values, truth = rows(k)
        found = [Best(0.0, FIXED_THRESHOLD, FIXED_WINDOW)]
        if truth.onsets.size:
            ranks = ranked(values)
            found += [
                _best(_curve(ranks, truth, window=window, edges=edges, collars=collars), window) for window in windows
            ]
        highest = max(best.f1 for best in found)
        if highest == 0:
            return found[0]
        f1, thresholds, lengths = (
            np.array([getattr(best, name) for best in found]) for name in ("f1", "threshold", "window")
        )
        return found[preferred(f1=f1, thresholds=thresholds, windows=lengths)]

    return tuple(each_class(one, classes=len(classes), workers=workers))


def ranked(scores: Floats) -> Ranked:
    """Scores `(clips, frames)` as ranks."""
    distinct, place = np.unique(scores, return_inverse=True)
    place = place.reshape(scores.shape)
    order = np.argsort(place, axis=1)
    place = np.take_along_axis(place, order, axis=1)
    rank = np.zeros(scores.shape, np.int32)
    np.cumsum(place[:, 1:] != place[:, :-1], axis=1, out=rank[:, 1:])
    levels, places = np.empty_like(rank), np.zeros(scores.shape, np.int64)
    np.put_along_axis(levels, order, rank + 1, axis=1)
    np.put_along_axis(places, rank, place, axis=1)
    return Ranked(distinct, levels, places)


def _curve(
    ranks: Ranked, truth: CellEvents, *, window: int, edges: npt.NDArray[np.float64], collars: Collars | None
) -> Curve:
    """A clip's counts change only at its own smoothed scores: sum these changes over clips, then from the top down."""
    frames = ranks.levels.shape[1]
    smooth = median_of_levels(ranks.levels, window=window, count=frames)
    hits, found = count_levels(smooth, truth, count=frames, edges=edges, collars=collars)
    points, tp, estimated = merged(smooth, hits, found, ranks.places, len(ranks.distinct))
    return Curve(ranks.distinct[points], tp, estimated - tp, len(truth.onsets) - tp)


def _best(curve: Curve, window: int) -> Best:
    f1 = f1_of(tp=curve.tp, fp=curve.fp, fn=curve.fn)
    at = preferred(f1=f1, thresholds=curve.thresholds.astype(np.float64), windows=np.full(f1.shape, window))
    return Best(float(f1[at]), float(curve.thresholds[at]), int(window))


@compiled
def merged(smooth: Levels, hits: Ints, found: Ints, places: Ints, values: int) -> tuple[Ints, Ints, Ints]:
    """The counts of all clips together, from those of each clip at its own scores.

    smooth: levels `(clips, frames)`; hits, found: `(clips, frames)`, at each level; places: as in `Ranked`, numbers
    below `values`. Gives the numbers of the smoothed scores, descending, and at each the hits and estimated events.
    """
    clips, frames = smooth.shape
    occurs, changes = np.zeros(values, np.bool_), np.zeros((values, 2), np.int64)
    for i in range(clips):
        for t in range(frames):
            occurs[places[i, smooth[i, t] - 1]] = True
        more_hits, more_found = 0, 0  # above level k
        for k in range(frames - 1, -1, -1):
            if hits[i, k] != more_hits or found[i, k] != more_found:
                changes[places[i, k], 0] += hits[i, k] - more_hits
                changes[places[i, k], 1] += found[i, k] - more_found
                more_hits, more_found = hits[i, k], found[i, k]
    count = occurs.sum()
    points, tp, estimated = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    at, all_hits, all_found = 0, 0, 0
    for value in range(values - 1, -1, -1):
        if occurs[value]:
            all_hits += changes[value, 0]
            all_found += changes[value, 1]
            points[at], tp[at], estimated[at] = value, all_hits, all_found
            at += 1
    return points, tp, estimated
