"""Log-mel spectrograms."""

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from kd.audio.mel import mel_filterbank
from kd.audio.spec import FeatureSpec

Array = npt.NDArray[np.float32]
BLOCK = 32  # frames at a time: what they take stays in the processor's cache
EPSILON = 1e-6


@functools.cache
def filterbank(spec: FeatureSpec) -> Array:
    """Slaney's mel filterbank, shape (mels, window // 2 + 1)."""
    return mel_filterbank(rate=spec.rate, window=spec.window, mels=spec.mels, fmax=spec.fmax or spec.rate / 2)


@functools.cache
def hann(window: int) -> Array:
    """The periodic Hann window, shape (window,)."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window), dtype=np.float32)


@functools.cache
def sparse_filterbank(spec: FeatureSpec) -> Any:
    """`filterbank` without its zeros, which are 98 % of it, as a scipy.sparse array of the same shape."""
    from scipy.sparse import csr_array

    return csr_array(filterbank(spec))


def log_mel(samples: Array, *, spec: FeatureSpec) -> Array:
    """`log_bands`, scaled as the spec says: shape (samples,) to (frames, mels)."""
    return scaled(log_bands(samples, spec=spec), spec=spec)


def scaled(bands: Array, *, spec: FeatureSpec) -> Array:
    """Logarithms of a clip's mel power, (frames, mels), as the spec scales them."""
    return min_max(bands) if spec.scaling == "min-max" else bands


def log_bands(samples: Array, *, spec: FeatureSpec) -> Array:
    """Natural logarithm of max(mel power, floor): shape (samples,) to (frames, mels).

    Source: S1 section 4.2, S2 section 2.1; power spectrum, Hann window, frames not centred. The transform is made in
    float64, since bands beside a loud tone lie below float32's noise. No sum is shared among threads, so that the result
    does not depend on their number.
    """
    bank = sparse_filterbank(spec)
    frames = np.lib.stride_tricks.sliding_window_view(samples, spec.window)[:: spec.hop]
    bands = np.empty((len(frames), spec.mels), dtype=np.float32)
    for start in range(0, len(frames), BLOCK):
        block = slice(start, start + BLOCK)
        spectrum = torch.fft.rfft(torch.from_numpy(frames[block] * hann(spec.window)).double()).numpy()
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        bands[block] = (bank @ power.T).T
    return np.asarray(np.log(np.maximum(bands, np.float32(spec.floor))), dtype=np.float32)


def min_max(bands: Array) -> Array:
    """(x - min) / (max - min + ε) over all frames and bands of a clip, (frames, mels): in [0, 1], constant clips all 0.

    Source: S2 section 2.1, "normalized from 0 to 1 with min-max normalization"; ε = 1e-6 is ours.
    """
    low, high = bands.min(), bands.max()
    return np.asarray((bands - low) / (high - low + np.float32(EPSILON)), dtype=np.float32)
