"""Smoothing of frame probabilities along time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kd.errors import UserError, did_you_mean
from kd.labels.names import SMOOTHINGS
from kd.scoring.median import median_filter

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How labels are smoothed: a median over `window` frames (1: none), then a Gaussian of `sigma` frames (0: none)."""

    name: str
    window: int = 1
    sigma: float = 0.0


def smoothing(name: str, *, window: int = 7, sigma: float = 1.0) -> Smoothing:
    """The smoothing of S1 named `none`, `median` or `median+gaussian`."""
    if name not in SMOOTHINGS:
        raise UserError(
            f"unknown smoothing {name!r}", did_you_mean(name, SMOOTHINGS) or f"known: {', '.join(SMOOTHINGS)}"
        )
    if window < 1 or window % 2 == 0:
        raise UserError(f"median window {window} is not an odd number of frames", "give 1, 3, 5, ...")
    return Smoothing(name, 1 if name == "none" else window, sigma if name == "median+gaussian" else 0.0)


def smooth(probabilities: Array, how: Smoothing) -> Array:
    """Median, then Gaussian, along time only, with the edge frame repeated beyond the ends.

    probabilities: (clips, frames, classes) in [0, 1]; the result has the same shape and stays soft.
    Source: S1 section 3.3.4; window lengths and sigma are not given there.
    """
    if how.window <= 1 and how.sigma <= 0:
        return probabilities
    out = np.empty(probabilities.shape, dtype=np.float32)
    for k in range(probabilities.shape[2]):
        row = median_filter(np.ascontiguousarray(probabilities[:, :, k], dtype=np.float32), how.window)
        out[:, :, k] = _blurred(row, how.sigma) if how.sigma > 0 else row
    return out


def _blurred(rows: Array, sigma: float) -> Array:
    from scipy.ndimage import gaussian_filter1d  # 14 MB that detection has no use for

    blurred: Array = gaussian_filter1d(rows, sigma, axis=1, mode="nearest")
    return blurred


def probabilities(logits: npt.NDArray[np.float16] | Array, *, temperature: float = 1.0) -> Array:
    """σ(z / T), float32, the shape of `logits`."""
    z = np.asarray(logits, dtype=np.float32) / np.float32(temperature)
    return np.asarray(0.5 * (1 + np.tanh(0.5 * z)), dtype=np.float32)
