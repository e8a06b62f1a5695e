"""The median filter along time."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from kd.scoring import kernels

T = TypeVar("T", np.float32, np.float64)


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
    return kernels.median_of_rows(np.ascontiguousarray(scores), int(window))


def check_window(window: int) -> None:
    """A window is an odd number of frames, 1 or more."""
    if window != int(window) or window < 1 or window % 2 == 0:
        raise ValueError(f"a median window must be an odd number of frames, not {window}")
