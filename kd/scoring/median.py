"""The median filter along time, for scores and for levels."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from kd.jit import compiled

Levels = npt.NDArray[np.int32]
T = TypeVar("T", np.float32, np.float64, np.int32)


def median_filter(scores: npt.NDArray[T], window: int) -> npt.NDArray[T]:
    """Running median of each row of `scores` `(clips, frames)` over `window` frames (odd), centred, ends repeated.

    Equal, bit for bit, to `scipy.ndimage.median_filter(scores, size=(1, window), mode="nearest")`: the filter runs
    along the second axis only, time. float32 stays float32, float64 stays float64.
    """
    check_window(window)
    if scores.ndim != 2 or scores.shape[1] == 0:
        raise ValueError(f"scores must be (clips, frames), not {scores.shape}")
    if scores.dtype not in (np.float32, np.float64):
        raise ValueError(f"scores must be float32 or float64, not {scores.dtype}")
    if window == 1:
        return scores.copy()
    return median_of_rows(np.ascontiguousarray(scores), int(window))


def median_of_levels(levels: Levels, *, window: int, count: int) -> Levels:
    """`median_filter` for levels `(clips, frames)`, whole numbers from 0 to `count`.

    A median over an odd window is one of its values, so it goes through every rising map: the level of a median is the
    median of the levels. Few levels are counted, many are kept in order; both give the same.
    """
    check_window(window)
    if window == 1:
        return levels
    if count < 16 * window:
        return median_by_counting(levels, int(window), count)
    return median_of_rows(levels, int(window))


def check_window(window: int) -> None:
    """A window is an odd number of frames, 1 or more."""
    if window != int(window) or window < 1 or window % 2 == 0:
        raise ValueError(f"a median window must be an odd number of frames, not {window}")


@compiled
def median_of_row(row: npt.NDArray[T], window: int, out: npt.NDArray[T], ordered: npt.NDArray[T]) -> None:
    """Running median of `row` `(frames,)` over an odd `window`, ends repeated, into `out`.

    `ordered` `(window,)` is scratch: the window's values, kept in order; each step removes one and inserts one.
    """
    frames, half = row.shape[0], window // 2
    for k in range(window):
        value = row[min(max(k - half, 0), frames - 1)]
        j = k
        while j > 0 and ordered[j - 1] > value:
            ordered[j] = ordered[j - 1]
            j -= 1
        ordered[j] = value
    for t in range(frames):
        out[t] = ordered[half]
        leaving = row[max(t - half, 0)]
        entering = row[min(t + half + 1, frames - 1)]
        if entering > leaving:  # what lies between them moves down; no branch depends on where, so that it vectorises
            for k in range(window - 1):
                here, above = ordered[k], ordered[k + 1]
                moved = here if here < leaving else (above if above < entering else entering)
                ordered[k] = moved if here < entering else here
            ordered[window - 1] = max(ordered[window - 1], entering)
        elif entering < leaving:  # it moves up
            for k in range(window - 1, 0, -1):
                here, below = ordered[k], ordered[k - 1]
                moved = here if here > leaving else (below if below > entering else entering)
                ordered[k] = moved if here > entering else here
            ordered[0] = min(ordered[0], entering)


@compiled
def median_of_rows(rows: npt.NDArray[T], window: int) -> npt.NDArray[T]:
    """`median_of_row` for each row of `(rows, frames)`."""
    out = np.empty_like(rows)
    ordered = np.empty(window, rows.dtype)
    for i in range(rows.shape[0]):
        median_of_row(rows[i], window, out[i], ordered)
    return out


@compiled
def median_by_counting(levels: Levels, window: int, count: int) -> Levels:
    """The same for levels 0 to `count`, by how often each occurs in the window (T. S. Huang's histogram)."""
    out = np.empty_like(levels)
    frames, half = levels.shape[1], window // 2
    padded = np.empty(frames + window, levels.dtype)
    times = np.empty(count + 1, np.int32)
    for i in range(levels.shape[0]):
        row = levels[i]
        for k in range(frames + window):  # by loops: slices on the left take numba seconds to compile
            padded[k] = row[min(max(k - half, 0), frames - 1)]
        for k in range(count + 1):
            times[k] = 0
        for k in range(window):
            times[padded[k]] += 1
        median, below = 0, 0  # below: values of the window that are below `median`
        for t in range(frames):
            while below + times[median] <= half:
                below += times[median]
                median += 1
            while below > half:
                median -= 1
                below -= times[median]
            out[i, t] = median
            leaving, entering = padded[t], padded[t + window]
            times[leaving] -= 1
            times[entering] += 1
            below += int(entering < median) - int(leaving < median)
    return out
