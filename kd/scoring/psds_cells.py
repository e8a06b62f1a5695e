"""The first stage of PSDS: how the counts of each clip change as the threshold falls.

A detection is a run of frames at or above the threshold. With shares of the detection's own length, it

    is relevant          where it shares >= DTC of it with reference events of its class,
    is a false alarm     where it does not, and then
    is a cross-trigger   of every other class with whose reference events it shares >= CTTC of it;
    a reference event is found where relevant detections cover >= GTC of its length.

Lengths are compared as microseconds. A clip's counts change only at its own distinct scores, so that all thresholds of
all clips take memory linear in clips times frames. Sources: Bilen et al., "A framework for the robust evaluation of
sound event detection", ICASSP 2020; Ebbers et al., "Threshold independent evaluation of sound event detection scores",
ICASSP 2022; equal to sed_scores_eval 0.0.4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kd.engines.local import cores
from kd.scoring import psds_kernels
from kd.scoring.grid import FrameGrid
from kd.scoring.matching import CellEvents, flatten
from kd.scoring.median import check_window, median_filter
from kd.scoring.selection import by_cell

if TYPE_CHECKING:
    from kd.corpus.tables import Event

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shorts = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class PsdsParameters:
    """What counts, and what it costs.

    dtc, gtc, cttc: shares of a length, see above; cttc is None where cross-triggers cost nothing; alpha_ct: cost of a
    cross-trigger; alpha_st: cost of unequal classes, in standard deviations; max_efpr: effective false alarms per hour
    up to which the area is taken.
    """

    dtc: float
    gtc: float
    cttc: float | None = None
    alpha_ct: float = 0.0
    alpha_st: float = 1.0
    max_efpr: float = 100.0

    def __post_init__(self) -> None:
        for name in ("dtc", "gtc", "cttc"):
            share = getattr(self, name)
            if share is not None and not 0 < share <= 1:
                raise ValueError(f"{name} must be above 0 and at most 1, not {share}")
        if not (0 <= self.alpha_ct < math.inf and 0 <= self.alpha_st < math.inf and 0 < self.max_efpr < math.inf):
            raise ValueError("alpha_ct and alpha_st must be 0 or more, max_efpr above 0, and all finite")
        if (self.alpha_ct > 0) != (self.cttc is not None):
            raise ValueError("cttc goes with an alpha_ct above 0, and only with that")


PSDS1 = PsdsParameters(dtc=0.7, gtc=0.7)
PSDS2 = PsdsParameters(dtc=0.1, gtc=0.1, cttc=0.3, alpha_ct=0.5)


@dataclass(frozen=True, slots=True, eq=False)
class ClassChanges:
    """One class: a row for each clip and threshold at which the clip's counts change, by falling threshold, then clip.

    thresholds: float32 `(rows,)`; clips: index of the clip; tp, fp: the change once scores at the threshold are
    active. The cross-triggers of row i change by `cross[e]` with class `cross_classes[e]`, for e from
    `cross_starts[i]` to `cross_starts[i + 1]`.
    """

    thresholds: npt.NDArray[np.float32]
    clips: Shorts
    tp: Shorts
    fp: Shorts
    cross_starts: Ints
    cross_classes: Shorts
    cross: Shorts


@dataclass(frozen=True, slots=True, eq=False)
class PsdsCells:
    """What PSDS is computed from, for any multiset of the clips.

    changes: one for each class; seconds: `(clips,)`, the clips' lengths; events, event_seconds: `(clips, classes)`,
    number and summed length of reference events; joined: events that vanished into another (see `psds_cells`).
    """

    clips: tuple[str, ...]
    classes: tuple[str, ...]
    parameters: PsdsParameters
    changes: tuple[ClassChanges, ...]
    seconds: Floats
    events: Ints
    event_seconds: Floats
    joined: int


def psds_cells(
    scores: npt.NDArray[np.floating],
    reference: Mapping[str, Sequence[Event]],
    *,
    clips: Sequence[str],
    grid: FrameGrid | Floats,
    classes: Sequence[str],
    parameters: PsdsParameters = PSDS1,
    windows: Sequence[int] | None = None,
    durations: Mapping[str, float] | None = None,
    workers: int | None = None,
) -> PsdsCells:
    """The changes of every clip and class over all thresholds.

    scores: `(clips, frames, classes)`, taken as float32; a score of -inf is active at no threshold. reference: events
    by clip; a clip that is absent has none, other clips and labels are not looked at. Events of one class and clip that
    overlap or touch are joined into one: a detector of frames cannot tell them apart, and sed_scores_eval refuses them.
    grid: of all clips, or the frames' borders in seconds, `(clips, frames + 1)`. windows: a median over so many frames
    for each class. durations: seconds of each clip, default to its last border; they count for the rates only. One
    thread for each class, `workers` at most (default: the cores at hand); the result does not depend on it.
    """
    shape = (len(clips), _frames(grid), len(classes))
    if scores.shape != shape:
        raise ValueError(f"scores are {scores.shape}, not (clips, frames, classes) = {shape}")
    if np.isnan(scores).any():
        raise ValueError("scores hold NaN")
    if len(set(clips)) != len(clips) or len(set(classes)) != len(classes):
        raise ValueError("a clip or a class is named twice")
    if windows is not None and len(windows) != len(classes):
        raise ValueError(f"{len(windows)} windows for {len(classes)} classes")
    for window in windows or ():
        check_window(window)
    edges = _edges(grid, len(clips))
    found = by_cell(events=reference, clips=clips, classes=classes)
    apart = [join_events(cell) for cell in found]
    truth = flatten(apart)
    cells = (len(clips), len(classes))

    def one(k: int) -> ClassChanges:
        row = np.ascontiguousarray(scores[:, :, k], np.float32)
        smooth = row if windows is None or windows[k] == 1 else median_filter(row, windows[k])
        return _changes(smooth, edges, truth, classes=len(classes), own=k, parameters=parameters)

    with ThreadPoolExecutor(max_workers=workers or cores()) as pool:
        changes = tuple(pool.map(one, range(len(classes))))
    return PsdsCells(
        clips=tuple(clips),
        classes=tuple(classes),
        parameters=parameters,
        changes=changes,
        seconds=edges[:, -1].copy() if durations is None else np.array([durations[clip] for clip in clips], np.float64),
        events=truth.sizes().reshape(cells),
        event_seconds=np.array([sum(e.offset - e.onset for e in cell) for cell in apart], np.float64).reshape(cells),
        joined=sum(map(len, found)) - len(truth.onsets),
    )


def join_events(events: Sequence[Event]) -> list[Event]:
    """The events of one class in one clip, by onset, those that overlap or touch joined into one."""
    apart: list[Event] = []
    for event in sorted(events, key=lambda e: (e.onset, e.offset)):
        if apart and event.onset <= apart[-1].offset:
            apart[-1] = replace(apart[-1], offset=max(apart[-1].offset, event.offset))
        else:
            apart.append(event)
    return apart


def _changes(
    scores: npt.NDArray[np.float32],
    edges: Floats,
    truth: CellEvents,
    *,
    classes: int,
    own: int,
    parameters: PsdsParameters,
) -> ClassChanges:
    """The changes of class `own`, all clips merged by falling threshold; scores `(clips, frames)`."""
    thresholds, (clips, tp, fp), starts, (others, cross) = psds_kernels.changes_of_class(
        scores,
        np.argsort(-scores, axis=1, kind="stable"),
        edges,
        truth.onsets,
        truth.offsets,
        truth.starts,
        classes,
        own,
        parameters.dtc,
        parameters.gtc,
        parameters.cttc or 1.0,
        parameters.cttc is not None,
    )
    order = np.argsort(-thresholds, kind="stable")
    sizes = np.diff(starts)[order]
    moved = np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes)))
    entries = np.repeat(starts[order] - moved[:-1], sizes) + np.arange(moved[-1])
    return ClassChanges(thresholds[order], clips[order], tp[order], fp[order], moved, others[entries], cross[entries])


def _frames(grid: FrameGrid | Floats) -> int:
    return grid.frames if isinstance(grid, FrameGrid) else grid.shape[-1] - 1


def _edges(grid: FrameGrid | Floats, clips: int) -> Floats:
    """Borders of the frames of each clip, `(clips, frames + 1)`."""
    if isinstance(grid, FrameGrid):
        return np.ascontiguousarray(np.broadcast_to(grid.edges(), (clips, grid.frames + 1)))
    if grid.ndim != 2 or len(grid) != clips or not np.isfinite(grid).all() or (np.diff(grid, axis=1) < 0).any():
        raise ValueError("the frames' borders must be (clips, frames + 1), finite, and never go back")
    return np.ascontiguousarray(grid, np.float64)
