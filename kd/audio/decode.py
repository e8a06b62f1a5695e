"""Audio files to mono samples at one rate and of one length."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from kd.audio.resample import resample
from kd.corpus.audio_files import HIGHEST_RATE, LOWEST_RATE
from kd.errors import UserError

Samples = npt.NDArray[np.float32]
REPLACE = "replace the file or leave it out"
LOUDEST = 1e6  # beyond it a sample is a broken number rather than a loud sound
BLOCK = 1 << 19  # samples of a long file that are read at once


def decode(path: Path, *, rate: int, seconds: float) -> tuple[Samples, float]:
    """Read one clip.

    Channels are averaged, other rates resampled (torchaudio's windowed sinc), and the result cropped or zero-padded to
    round(rate * seconds) samples. Only the part that is kept is read, so that an hour-long file costs no more memory
    than a short one.

    Returns samples of shape (rate * seconds,), float32 in [-1, 1], and the file's own length in seconds.
    Raises UserError for a file that cannot be read, is empty, or holds numbers that are not finite.
    """
    with opened(path) as file:
        samples = mono(file, int(np.ceil(file.samplerate * seconds)) + 1, name=str(path))
        own, length = file.samplerate, file.frames
    if len(samples) == 0:
        raise UserError(f"{path}: holds no sound", REPLACE)
    return fitted(resample(samples, own, rate), round(rate * seconds)), length / own


@contextlib.contextmanager
def opened(sound: Path | BinaryIO, *, name: str = "") -> Iterator[Any]:
    """A sound file, or a seekable stream of one's bytes, as soundfile's object.

    Raises UserError where it cannot be opened.
    """
    import soundfile

    try:
        file = soundfile.SoundFile(sound)
    except (soundfile.SoundFileError, OSError) as error:
        if isinstance(sound, Path) and not sound.exists():
            raise UserError(f"{name or sound}: there is no such file", "check the path") from None
        raise unreadable(name or str(sound), error) from None
    with file:
        if not LOWEST_RATE <= file.samplerate <= HIGHEST_RATE:
            where = name or str(sound)
            raise UserError(f"{where}: its header says {file.samplerate} samples per second", REPLACE)
        yield file


def unreadable(name: str, error: Exception) -> UserError:
    """What to say of a file that libsndfile cannot read."""
    reason = " ".join(str(getattr(error, "error_string", error)).split()).rstrip(".")
    return UserError(f"{name}: cannot be read as audio ({reason})", REPLACE)


def mono(file: Any, count: int, *, name: str) -> Samples:
    """The next `count` samples of an opened file, or as many as are left, its channels averaged: (samples,) in [-1, 1].

    Raises UserError for what cannot be read, and for numbers that are not finite.
    """
    import soundfile

    kind = "int16" if file.subtype == "PCM_16" else "float32"
    try:
        samples = file.read(count, dtype=kind, always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise unreadable(name, error) from None
    if kind == "int16":  # the same numbers as libsndfile's own, in a third of the time
        samples = samples * np.float32(2**-15)
    with np.errstate(invalid="ignore"):  # of two infinities; they are refused below
        averaged: Samples = samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1, dtype=np.float32)
    check_samples(averaged, name=name)
    return averaged


def check_samples(samples: Samples, *, name: str, hint: str = REPLACE) -> None:
    """Raises UserError for NaN, infinity, and numbers so large that their power is none."""
    if len(samples) and not max(samples.max(), -samples.min()) <= LOUDEST:
        what = "are far beyond [-1, 1]" if np.isfinite(samples).all() else "are not finite"
        raise UserError(f"{name}: holds samples that {what}", hint)


def blocks(file: Any, *, name: str) -> Iterator[Samples]:
    """All samples of an opened file, `BLOCK` at a time, so that a long one takes no more memory than a short one.

    Raises UserError as `mono` does, and for a file without samples.
    """
    some = False
    while len(block := mono(file, max(1, BLOCK // file.channels), name=name)):
        some = True
        yield block
    if not some:
        raise UserError(f"{name}: holds no sound", REPLACE)


def fitted(samples: Samples, length: int) -> Samples:
    """Crop at the end or pad with zeros to exactly `length` samples."""
    if len(samples) >= length:
        return samples[:length]
    return np.pad(samples, (0, length - len(samples)))
