"""Event counts at every operating point at once: what tuning thresholds and windows needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from kd.scoring import kernels
from kd.scoring.decode import checked
from kd.scoring.grid import FrameGrid
from kd.scoring.hysteresis import raised, reconstructed
from kd.scoring.matching import CellEvents, Collars, flatten
from kd.scoring.median import Levels, median_of_levels
from kd.scoring.selection import by_cell

if TYPE_CHECKING:
    from kd.corpus.tables import Event

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class GridCounts:
    """Hits, false alarms and misses, int64 `(windows, thresholds, classes)`; with depths, `(depths, …)` of these."""

    tp: Ints
    fp: Ints
    fn: Ints


def grid_counts(
    scores: npt.NDArray[np.floating],
    reference: Mapping[str, Sequence[Event]],
    *,
    clips: Sequence[str],
    grid: FrameGrid,
    windows: Sequence[int],
    thresholds: Sequence[float],
    classes: Sequence[str],
    collars: Collars | None = None,
    depths: Sequence[float] | None = None,
    cells: Bools | None = None,
    workers: int | None = None,
) -> GridCounts:
    """Event counts of `decode` + `event_f1` for every window and threshold, and depth if given, without making the events.

    scores: probabilities `(clips, frames, classes)`, as float32; reference: events by clip, a clip that is absent has
    none; clips: the names along the first axis; cells: `(clips, classes)`, which of them count (default all). One
    thread for each class, `workers` at most (default: the cores at hand); the result does not depend on it.
    """
    rows, edges = class_rows(scores, reference, clips=clips, grid=grid, classes=classes, cells=cells), grid.edges()
    order = np.argsort(np.array(thresholds, np.float64), kind="stable")
    ascending = np.array(thresholds, np.float64)[order]
    wanted = (0.0,) if depths is None else depths

    def one(k: int) -> tuple[Ints, Ints, Ints]:
        values, truth = rows(k)
        tp, estimated = (np.empty((len(wanted), len(windows), len(thresholds)), np.int64) for _ in range(2))
        for d, depth in enumerate(wanted):
            smoothed = smooth_levels(values, ascending=ascending, depth=depth)
            for w, window in enumerate(windows):
                hits, found = count_levels(smoothed(window), truth, count=len(thresholds), edges=edges, collars=collars)
                tp[d, w, order], estimated[d, w, order] = hits.sum(axis=0), found.sum(axis=0)
        if depths is None:
            tp, estimated = tp[0], estimated[0]
        return tp, estimated - tp, len(truth.onsets) - tp

    counts = each_class(one, classes=len(classes), workers=workers)
    return GridCounts(*(np.stack(part, axis=-1) for part in zip(*counts, strict=True)))


def class_rows(
    scores: npt.NDArray[np.floating],
    reference: Mapping[str, Sequence[Event]],
    *,
    clips: Sequence[str],
    grid: FrameGrid,
    classes: Sequence[str],
    cells: Bools | None = None,
) -> Callable[[int], tuple[npt.NDArray[np.float32], CellEvents]]:
    """A function that gives class k's scores `(clips, frames)` and reference events, of the clips whose cells count."""
    if cells is not None and cells.shape != (len(clips), len(classes)):
        raise ValueError(f"cells are {cells.shape}, not (clips, classes) = {(len(clips), len(classes))}")
    values = checked(scores, clips=len(clips), grid=grid, classes=len(classes))
    events = by_cell(events=reference, clips=clips, classes=classes)

    def rows(k: int) -> tuple[npt.NDArray[np.float32], CellEvents]:
        kept = np.arange(len(clips)) if cells is None else np.flatnonzero(cells[:, k])
        return values[kept, :, k], flatten([events[i * len(classes) + k] for i in kept])

    return rows


def levels_of(scores: npt.NDArray[np.float32], *, ascending: npt.NDArray[np.float64]) -> Levels:
    """How many of the `ascending` thresholds each score reaches, of the shape of `scores`."""
    return np.searchsorted(ascending, scores, side="right").astype(np.int32)


def smooth_levels(
    scores: npt.NDArray[np.float32], *, ascending: npt.NDArray[np.float64], depth: float
) -> Callable[[int], Levels]:
    """A function that gives the levels of scores `(clips, frames)` after the median over a window, and hysteresis."""
    levels, count = levels_of(scores, ascending=ascending), len(ascending)
    if depth == 0:
        return lambda window: median_of_levels(levels, window=window, count=count)
    above = levels_of(raised(scores, depth), ascending=ascending)

    def smooth(window: int) -> Levels:
        marker, mask = (median_of_levels(each, window=window, count=count) for each in (levels, above))
        return reconstructed(marker, mask)

    return smooth


def count_levels(
    levels: Levels,
    truth: CellEvents,
    *,
    count: int,
    edges: npt.NDArray[np.float64],
    collars: Collars | None = None,
) -> tuple[Ints, Ints]:
    """Of one class: hits and estimated events, each `(clips, count)`, from levels `(clips, frames)`, 0 to `count`.

    At number k an event is a run of frames with a level above k.
    """
    return kernels.count_levels(
        levels, count, edges, truth.onsets, truth.offsets, truth.starts, *(collars or Collars()).values()
    )


def each_class(one: Callable[[int], T], *, classes: int, workers: int | None = None) -> list[T]:
    """`one(k)` for every class k: a thread for each, `workers` at most (default: the cores at hand)."""
    with ThreadPoolExecutor(max_workers=workers or _cores()) as pool:
        return list(pool.map(one, range(classes)))


def _cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
