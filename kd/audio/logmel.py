"""Log-mel spectrograms."""

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from kd.audio.spec import FeatureSpec

Array = npt.NDArray[np.float32]
BLOCK = 32  # frames at a time: what they take stays in the processor's cache


@functools.cache
def filterbank(rate: int, window: int, mels: int) -> Array:
    """librosa's mel filterbank (Slaney's scale and area norm), shape (mels, window // 2 + 1)."""
    from librosa.filters import mel

    return np.asarray(mel(sr=rate, n_fft=window, n_mels=mels), dtype=np.float32)


@functools.cache
def hann(window: int) -> Array:
    """The periodic Hann window, shape (window,)."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window), dtype=np.float32)


@functools.cache
def sparse_filterbank(rate: int, window: int, mels: int) -> Any:
    """`filterbank` without its zeros, which are 98 % of it, as a scipy.sparse array of the same shape."""
    from scipy.sparse import csr_array

    return csr_array(filterbank(rate, window, mels))


def log_mel(samples: Array, *, spec: FeatureSpec) -> Array:
    """Natural logarithm of max(mel power, floor): shape (samples,) to (frames, mels).

    Source: S1 section 4.2; power spectrum, Hann window, frames not centred. The transform is made in float64, since bands
    beside a loud tone lie below float32's noise. No sum is shared among threads, so that the result does not depend on
    their number.
    """
    bank = sparse_filterbank(spec.rate, spec.window, spec.mels)
    frames = np.lib.stride_tricks.sliding_window_view(samples, spec.window)[:: spec.hop]
    bands = np.empty((len(frames), spec.mels), dtype=np.float32)
    for start in range(0, len(frames), BLOCK):
        block = slice(start, start + BLOCK)
        spectrum = torch.fft.rfft(torch.from_numpy(frames[block] * hann(spec.window)).double()).numpy()
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        bands[block] = (bank @ power.T).T
    return np.asarray(np.log(np.maximum(bands, np.float32(spec.floor))), dtype=np.float32)
