"""Log-mel spectrograms."""

import functools

import numpy as np
import numpy.typing as npt

from kd.audio.spec import FeatureSpec

Array = npt.NDArray[np.float32]


@functools.cache
def filterbank(rate: int, window: int, mels: int) -> Array:
    """librosa's mel filterbank (Slaney's scale and area norm), shape (mels, window // 2 + 1)."""
    from librosa.filters import mel

    return np.asarray(mel(sr=rate, n_fft=window, n_mels=mels), dtype=np.float32)


@functools.cache
def hann(window: int) -> Array:
    """The periodic Hann window, shape (window,)."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window), dtype=np.float32)


def log_mel(samples: Array, *, spec: FeatureSpec, bank: Array | None = None) -> Array:
    """Natural logarithm of max(mel power, floor): shape (samples,) to (frames, mels).

    Source: S1 section 4.2; power spectrum, Hann window, frames not centred.
    bank: the filterbank, where the caller has it already.
    """
    bank = filterbank(spec.rate, spec.window, spec.mels) if bank is None else bank
    frames = np.lib.stride_tricks.sliding_window_view(samples, spec.window)[:: spec.hop]
    spectrum = np.fft.rfft(frames * hann(spec.window), axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    return np.asarray(np.log(np.maximum(power @ bank.T, np.float32(spec.floor))), dtype=np.float32)
