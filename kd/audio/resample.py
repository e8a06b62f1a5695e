"""Samples brought to another rate: torchaudio's windowed sinc, without the taps of its kernel that are zero."""

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from kd.audio.torchaudio_import import torchaudio

LARGEST_KERNEL = 2_000_000
TOGETHER = 16  # output phases whose taps are multiplied at once
NOTHING = 1e-12  # torchaudio's kernel is below this, not exactly 0, outside its window
Samples = npt.NDArray[np.float32]


def resample(samples: Samples, own: int, rate: int) -> Samples:
    """Samples of shape (n,) at `own` samples per second brought to `rate`.

    Equal to `torchaudio.functional.resample` but for the last bit. Its kernel for 44100 to 16000 is 160 x 475, of which
    34 taps in a row are not zero: rows that lie close together are multiplied with the few samples they see.
    Rates without a common divisor, such as 44101 and 16000, would need a kernel of gigabytes; scipy's polyphase
    resampler takes those.
    """
    if own == rate:
        return samples
    common = math.gcd(own, rate)
    step, phases = own // common, rate // common
    if step * phases > LARGEST_KERNEL:
        from scipy.signal import resample_poly

        return np.asarray(resample_poly(samples, phases, step), dtype=np.float32)
    whole, parts = _kernel(step, phases)
    signal = torch.from_numpy(samples)
    if any(len(taps) > step for _, taps in parts):  # steps overlap: no matrix product
        return np.asarray(whole(signal).numpy(), dtype=np.float32)
    padded = torch.nn.functional.pad(signal, (whole.width, whole.width + step))
    out = torch.empty(len(samples) // step + 1, phases)
    for i, (first, taps) in enumerate(parts):
        seen = padded.as_strided((len(out), len(taps)), (step, 1), first)
        torch.mm(seen, taps, out=out[:, i * TOGETHER : i * TOGETHER + taps.shape[1]])
    return np.asarray(out.view(-1)[: math.ceil(phases * len(samples) / step)].numpy(), dtype=np.float32)


@functools.lru_cache(maxsize=8)
def _kernel(step: int, phases: int) -> tuple[Any, list[tuple[int, Tensor]]]:
    """torchaudio's resampler, and its kernel in parts: the first sample that a part's phases see, and (taps, phases)."""
    whole = torchaudio().transforms.Resample(step, phases, dtype=torch.float32)
    kernel: Tensor = whole.kernel[:, 0]
    parts = []
    for start in range(0, phases, TOGETHER):
        rows = kernel[start : start + TOGETHER]
        seen = torch.nonzero((rows.abs() > NOTHING).any(dim=0)).flatten()
        first, last = int(seen[0]), int(seen[-1]) + 1
        parts.append((first, rows[:, first:last].t().contiguous()))
    return whole, parts
