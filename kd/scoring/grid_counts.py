"""Event counts at every operating point at once: what tuning thresholds and windows needs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kd.scoring import kernels
from kd.scoring.decode import checked
from kd.scoring.grid import FrameGrid
from kd.scoring.matching import CellEvents, Collars, flatten
from kd.scoring.median import check_window
from kd.scoring.selection import by_cell

if TYPE_CHECKING:
    from kd.corpus.tables import Event

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class GridCounts:
    """Hits, false alarms and misses, int64 `(windows, thresholds, classes)`."""

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
    cells: Bools | None = None,
    workers: int | None = None,
) -> GridCounts:
    """Event counts of `decode` + `event_f1` for every window and threshold, without making the events.

    scores: probabilities `(clips, frames, classes)`, as float32; reference: events by clip, a clip that is absent has
    none; clips: the names along the first axis; cells: `(clips, classes)`, which of them count (default all). One
    thread for each class, `workers` at most (default: the cores at hand); the result does not depend on it.
    """
    if cells is not None and cells.shape != (len(clips), len(classes)):
        raise ValueError(f"cells are {cells.shape}, not (clips, classes) = {(len(clips), len(classes))}")
    values = checked(scores, clips=len(clips), grid=grid, classes=len(classes))
    events = by_cell(events=reference, clips=clips, classes=classes)

    def one(k: int) -> tuple[Ints, Ints, Ints]:
        kept = np.arange(len(clips)) if cells is None else np.flatnonzero(cells[:, k])
        truth = flatten([events[i * len(classes) + k] for i in kept])
        tp, estimated = count_class(
            np.ascontiguousarray(values[kept, :, k]),
            truth,
            edges=grid.edges(),
            windows=windows,
            thresholds=thresholds,
            collars=collars,
        )
        hits = tp.sum(axis=0)
        return hits, estimated.sum(axis=0) - hits, len(truth.onsets) - hits

    with ThreadPoolExecutor(max_workers=workers or _cores()) as pool:
        counts = list(pool.map(one, range(len(classes))))
    return GridCounts(*(np.stack(part, axis=-1) for part in zip(*counts, strict=True)))


def count_class(
    scores: npt.NDArray[np.float32],
    truth: CellEvents,
    *,
    edges: npt.NDArray[np.float64],
    windows: Sequence[int],
    thresholds: Sequence[float],
    collars: Collars | None = None,
) -> tuple[Ints, Ints]:
    """Of one class: hits and estimated events, each `(clips, windows, thresholds)`, from scores `(clips, frames)`."""
    for window in windows:
        check_window(window)
    return kernels.count_grid(
        scores,
        edges,
        truth.onsets,
        truth.offsets,
        truth.starts,
        np.array(windows, np.int64),
        np.array(thresholds, np.float64),
        *(collars or Collars()).values(),
    )


def _cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
