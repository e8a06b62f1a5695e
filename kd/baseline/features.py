"""The baseline's features: log mel magnitudes, 50 frames a second."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from kd.audio.decode import decode
from kd.audio.mel import mel_filterbank
from kd.audio.torchaudio_import import torchaudio
from kd.engines.local import cores, mapped
from kd.scoring.grid import FrameGrid

Floats = npt.NDArray[np.float32]
MELS = 64
HOP, WINDOW = 0.02, 0.04  # seconds
TINY = np.finfo(np.float64).eps  # added before the logarithm


def grid_of(seconds: float) -> FrameGrid:
    """Frame i of a clip stands for 20 i to 20 (i + 1) ms."""
    return FrameGrid(hop=HOP, window=HOP, frames=round(seconds / HOP), seconds=seconds)


def features_of(paths: Sequence[Path], *, rate: int, seconds: float) -> Floats:
    """Features of clips, (clips, frames, 64), each cropped or padded to `seconds`; 500 frames in 10 s.

    Raises UserError naming the file that cannot be read.
    """
    torchaudio()  # an import that threads must not make at once
    found = np.empty((len(paths), grid_of(seconds).frames, MELS), np.float32)
    one = partial(_features, rate=rate, seconds=seconds)
    for row, bands in enumerate(mapped(one, paths, workers=cores())):
        found[row] = bands
    return found


def log_magnitudes(samples: Floats, *, rate: int, frames: int) -> Floats:
    """ln(mel magnitude + ε), (samples,) to (frames, 64).

    Hamming windows of 40 ms, asymmetric, every 20 ms, centred; mel bands of equal height, on Slaney's scale, from 0 Hz to half
    the rate. Source: dcase2018_baseline, task4_crnn.yaml.
    Deviation: the file states 44.1 kHz and transforms of 2048 points; at another rate they have the least power of two
    that holds a window, as 2048 is at 44.1 kHz.
    """
    window = round(WINDOW * rate)
    size = 1 << (window - 1).bit_length()
    bank = mel_filterbank(rate=rate, window=size, mels=MELS, fmax=rate / 2, equal_area=False)
    spectrum = torch.stft(
        torch.from_numpy(samples).double(),
        size,
        hop_length=round(HOP * rate),
        win_length=window,
        window=torch.hamming_window(window, periodic=True, dtype=torch.float64),
        center=True,
        pad_mode="reflect" if len(samples) > size else "constant",
        return_complex=True,
    )
    bands = np.log(bank.astype(np.float64) @ spectrum.abs().numpy() + TINY)
    return np.asarray(bands.T[:frames], np.float32)


def _features(path: Path, *, rate: int, seconds: float) -> Floats:
    samples, _ = decode(path, rate=rate, seconds=seconds)
    return log_magnitudes(samples, rate=rate, frames=grid_of(seconds).frames)
