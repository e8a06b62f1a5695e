"""Hysteresis: events begin and end where scores fall below a lower threshold than the one that they must reach.

As a filter of scores, after the median and before the threshold: with it, one threshold does the work of two, and all that
is known of thresholds (levels, curves, PSDS) stays true.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from kd.jit import compiled

Singles = npt.NDArray[np.float32]
T = TypeVar("T", np.float32, np.int32)


def hysteresis(scores: Singles, depth: float) -> Singles:
    """Probabilities `(clips, frames)`, of which the frames at or above a threshold θ are those of its two thresholds.

    These are the runs of frames with σ(logit p + depth) >= θ that hold a frame with p >= θ; depth: in logits, 0: `scores`
    as they are. A frame gets the greatest θ at which that is so: the greatest, over frames of the clip, of the least of
    p there and of σ(logit p + depth) on the way. That is the scores' morphological reconstruction under the raised
    ones (L. Vincent, IEEE Transactions on Image Processing 2(2), 1993), along time.
    """
    if depth == 0:
        return scores
    return reconstructed(np.ascontiguousarray(scores), raised(scores, depth))


def raised(scores: Singles, depth: float) -> Singles:
    """σ(logit p + depth) of probabilities of any shape.

    A greater p never gives less, to the last bit: neighbouring float32 numbers stay further apart than float64's
    rounding, so that medians and levels of raised scores are the raised ones of medians and levels.
    """
    if depth == 0:
        return scores
    p = np.asarray(scores, np.float64)
    return np.asarray(p * np.exp(depth) / (1 + p * np.expm1(depth)), np.float32)


@compiled
def reconstructed(marker: npt.NDArray[T], mask: npt.NDArray[T]) -> npt.NDArray[T]:
    """Reconstruction of each row of `marker` `(rows, frames)` under `mask`, which is nowhere lower; of the same kind.

    Two walks are enough along one axis: each frame passes on the lesser of what it has and what the next one lets through.
    """
    out = np.empty_like(marker)
    rows, frames = marker.shape
    for i in range(rows):
        out[i, 0] = marker[i, 0]
        for t in range(1, frames):
            out[i, t] = max(marker[i, t], min(out[i, t - 1], mask[i, t]))
        for t in range(frames - 2, -1, -1):
            out[i, t] = max(out[i, t], min(out[i, t + 1], mask[i, t]))
    return out
