"""From frame scores to events: median filter, hysteresis, threshold, runs, seconds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kd.corpus.tables import Event
from kd.scoring import kernels
from kd.scoring.grid import FrameGrid
from kd.scoring.hysteresis import hysteresis
from kd.scoring.median import check_window, median_filter

__all__ = ["checked", "decode", "decode_clips", "median_filter", "runs"]


def decode(
    scores: npt.NDArray[np.floating],
    *,
    grid: FrameGrid,
    thresholds: Sequence[float],
    windows: Sequence[int],
    classes: Sequence[str],
    depths: Sequence[float] | None = None,
) -> list[Event]:
    """The events of one clip, by onset, then offset, then label.

    scores: `(frames, classes)`, taken as float32. For each class: median filter over its window, hysteresis of its depth
    (None: none), then every run of frames with score >= threshold is one event, from the first frame's left edge to the
    last frame's right edge.
    """
    return decode_clips(
        scores[np.newaxis],
        clips=[""],
        grid=grid,
        thresholds=thresholds,
        windows=windows,
        classes=classes,
        depths=depths,
    )[""]


def decode_clips(
    scores: npt.NDArray[np.floating],
    *,
    clips: Sequence[str],
    grid: FrameGrid,
    thresholds: Sequence[float],
    windows: Sequence[int],
    classes: Sequence[str],
    depths: Sequence[float] | None = None,
) -> dict[str, list[Event]]:
    """`decode` for scores `(clips, frames, classes)`: the events of every clip by its name, empty lists included."""
    values = checked(scores, clips=len(clips), grid=grid, classes=len(classes))
    deep = [0.0] * len(classes) if depths is None else depths
    if not len(thresholds) == len(windows) == len(deep) == len(classes):
        raise ValueError(f"{len(thresholds)} thresholds and {len(windows)} windows for {len(classes)} classes")
    edges = grid.edges()
    onsets, offsets = (np.empty(grid.frames // 2 + 1) for _ in range(2))
    events: list[list[Event]] = [[] for _ in clips]
    for k, label in enumerate(classes):
        check_window(windows[k])
        smooth = hysteresis(median_filter(np.ascontiguousarray(values[:, :, k]), int(windows[k])), deep[k])
        for i, row in enumerate(smooth):
            count = kernels.runs_of_row(row, float(thresholds[k]), edges, onsets, offsets)
            events[i] += [
                Event(onset=float(on), offset=float(off), label=label)
                for on, off in zip(onsets[:count], offsets[:count], strict=True)
            ]
    for found in events:
        found.sort(key=lambda event: (event.onset, event.offset, event.label))
    return dict(zip(clips, events, strict=True))


def runs(active: npt.NDArray[np.bool_], *, grid: FrameGrid, classes: Sequence[str]) -> list[Event]:
    """The events of one clip whose active frames `(frames, classes)` are known: runs, as seconds."""
    return decode(
        active.astype(np.float32),
        grid=grid,
        thresholds=[0.5] * len(classes),
        windows=[1] * len(classes),
        classes=classes,
    )


def checked(scores: npt.NDArray[np.floating], *, clips: int, grid: FrameGrid, classes: int) -> npt.NDArray[np.float32]:
    """Scores as float32, once their shape is `(clips, frames, classes)` and none is NaN."""
    if scores.shape != (clips, grid.frames, classes):
        raise ValueError(f"scores are {scores.shape}, not (clips, frames, classes) = {(clips, grid.frames, classes)}")
    if np.isnan(scores).any():
        raise ValueError("scores hold NaN")
    return np.asarray(scores, np.float32)
