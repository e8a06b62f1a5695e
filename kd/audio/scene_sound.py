"""Sound files to what scene networks read, all channels."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.audio.decode import REPLACE, check_samples, fitted, opened, unreadable
from kd.audio.logmel import log_bands
from kd.audio.resample import resample
from kd.audio.scene_spec import PRE_EMPHASIS, WAVEFORM, SceneSpec
from kd.errors import UserError

Samples = npt.NDArray[np.float32]
FULL = 32768  # int16 of a sample of 1


def scene_sound(path: Path, *, spec: SceneSpec) -> tuple[npt.NDArray[Any], float]:
    """A clip as its spec has it, of shape `spec.shape`, and its file's length in seconds."""
    samples, seconds = decode_channels(path, spec=spec)
    return prepared(samples, spec=spec), seconds


def decode_channels(path: Path, *, spec: SceneSpec) -> tuple[Samples, float]:
    """Read one clip with its channels: (channels, samples) in [-1, 1], and its file's length in seconds.

    Raises UserError for a file that cannot be read, is empty, or holds numbers that are not finite.
    """
    with opened(path) as file:
        own, length = file.samplerate, file.frames
        found = read_channels(file, int(np.ceil(own * spec.seconds)) + 1, name=str(path))
    if not found.shape[1]:
        raise UserError(f"{path}: holds no sound", REPLACE)
    wanted = channels_of(found, spec.channels)
    at_rate = [fitted(resample(np.ascontiguousarray(channel), own, spec.rate), spec.samples) for channel in wanted]
    return np.stack(at_rate), length / own


def read_channels(file: Any, count: int, *, name: str) -> Samples:
    """The next `count` samples of an opened file, or as many as are left: (channels, samples) in [-1, 1].

    Raises UserError for what cannot be read, and for numbers that are not finite.
    """
    import soundfile

    try:
        found: Samples = file.read(count, dtype="float32", always_2d=True).T
    except (soundfile.SoundFileError, OSError) as error:
        raise unreadable(name, error) from None
    for channel in found:
        check_samples(channel, name=name)
    return found


def channels_of(found: Samples, wanted: int) -> Samples:
    """(channels, samples) with as many channels as are wanted: one is the mean of all; of one, all are copies; else the
    first ones, and their mean where there are too few."""
    if len(found) == wanted:
        return found
    if wanted == 1:
        return np.asarray(found.mean(axis=0, keepdims=True, dtype=np.float32))
    mean = found.mean(axis=0, dtype=np.float32)
    return np.stack([found[i] if len(found) > 1 and i < len(found) else mean for i in range(wanted)])


def prepared(samples: Samples, *, spec: SceneSpec) -> npt.NDArray[Any]:
    """(channels, samples) to what is stored: int16 samples (samples, channels), or bands (channels, frames, mels)."""
    if spec.kind == WAVEFORM:
        return np.clip(np.rint(samples.T * FULL), -FULL, FULL - 1).astype(np.int16)
    bands = spec.bands
    return np.stack([log_bands(fitted(emphasised(channel), bands.samples), spec=bands) for channel in samples])


def as_read(stored: npt.NDArray[Any]) -> Samples:
    """What networks read of what `prepared` gives, or of several of it: int16 samples in [-1, 1), bands as they are."""
    return np.asarray(stored / np.float32(FULL) if stored.dtype == np.int16 else stored, np.float32)


def emphasised(samples: Samples) -> Samples:
    """y_t = x_t - 0.97 x_{t-1}, with y_0 = x_0: (samples,) to the same. Source: S3 Table 1."""
    shifted = np.concatenate([np.zeros(1, np.float32), samples[:-1]])
    return np.asarray(samples - np.float32(PRE_EMPHASIS) * shifted, np.float32)
