"""A row of a request: its sound, wherever it is given, and what to call it."""

import base64
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.audio.decode import check_samples, opened
from kd.corpus.audio_files import HIGHEST_RATE, LOWEST_RATE
from kd.errors import UserError

Array = npt.NDArray[np.float32]
SECONDS_VARIABLE, PATHS_VARIABLE = "KD_SERVE_SECONDS", "KD_SERVE_PATHS"
SECONDS = 600.0  # of sound in one row that is sent along
KINDS = "path (a file's), audio (a sound file's bytes), or samples and rate"


@dataclass
class Held:
    """Samples (samples, channels) as soundfile gives those of a file."""

    samples: Array
    samplerate: int
    subtype: str = "FLOAT"
    done: int = 0

    @property
    def frames(self) -> int:
        """Samples of a channel."""
        return len(self.samples)

    @property
    def channels(self) -> int:
        """Channels."""
        return int(self.samples.shape[1])

    def read(self, count: int, dtype: str = "float32", always_2d: bool = True) -> Array:
        """The next `count` samples, or as many as are left."""
        found = self.samples[self.done : self.done + count]
        self.done += len(found)
        return found


def row_name(row: Mapping[str, Any], number: int) -> str:
    """What to call it."""
    return str(_value(row, "filename") or _value(row, "path") or f"row {number}")


def _value(row: Mapping[str, Any], key: str) -> Any:
    """What a row has of a column; None where it has nothing, which a table spells None or NaN."""
    value = row.get(key)
    return None if isinstance(value, float) and np.isnan(value) else value


@contextmanager
def row_sound(row: Mapping[str, Any], *, serving: bool) -> Iterator[tuple[Any, str]]:
    """The sound of a row as an opened file, and its name in messages.

    row: with `path`, `audio`, or `samples` and `rate`; serving: strangers ask: files of this machine are not read unless
    KD_SERVE_PATHS=true. Raises UserError for what is no sound or too much of it.
    """
    given = [key for key in ("path", "audio", "samples") if _value(row, key) is not None]
    if len(given) != 1:
        what = "names no sound" if not given else f"has both {' and '.join(given)}"
        raise UserError(f"it {what}", f"give {KINDS}")
    if given == ["samples"]:
        yield _samples(row), "samples"
        return
    if given == ["path"] and serving and not _flag(PATHS_VARIABLE):
        raise UserError("files of the server are not read", f"send the sound as audio, or set {PATHS_VARIABLE}=true")
    place: Path | io.BytesIO = Path(str(row["path"])) if given == ["path"] else io.BytesIO(_bytes(row["audio"]))
    name = str(row["path"]) if given == ["path"] else "audio"
    with opened(place, name=name) as file:
        if given == ["audio"]:
            _check_length(file.frames / file.samplerate)
        yield file, name


def _bytes(value: Any) -> bytes:
    """The bytes of a sound file, as such or as base64, which no sound file is by chance."""
    how = "send the bytes of a sound file, in JSON as base64"
    if not isinstance(value, bytes | str):
        raise UserError("audio is not bytes", how)
    try:
        given = base64.b64decode(value, validate=True)
    except ValueError:
        given = value if isinstance(value, bytes) else b""
    if not given:
        raise UserError("audio is empty", how)
    return given


def _samples(row: Mapping[str, Any]) -> Held:
    rate = _value(row, "rate")
    if rate is None or not LOWEST_RATE <= float(rate) <= HIGHEST_RATE or float(rate) != int(rate):
        raise UserError(
            f"rate={rate} is no rate", f"give samples per second, {LOWEST_RATE} to {HIGHEST_RATE}, beside samples"
        )
    try:
        samples: Array = np.asarray(row["samples"], np.float32)
    except (TypeError, ValueError):
        raise UserError("samples are not numbers", "give one list of numbers in [-1, 1]") from None
    if samples.ndim not in (1, 2) or not samples.size:
        raise UserError(f"samples have the shape {samples.shape}", "give one list of numbers in [-1, 1]")
    check_samples(samples.ravel(), name="samples", hint="give numbers in [-1, 1]")
    _check_length(len(samples) / int(rate))
    return Held(samples.reshape(len(samples), -1), int(rate))  # (samples, channels), as soundfile reads them


def _check_length(seconds: float) -> None:
    most = float(os.environ.get(SECONDS_VARIABLE) or SECONDS)
    if seconds > most:
        raise UserError(
            f"{seconds:.0f} s of sound are more than the {most:g} s that one row may hold",
            f"send it in parts, or set {SECONDS_VARIABLE}",
        )


def _flag(name: str) -> bool:
    return os.environ.get(name, "").lower() in ("1", "true", "yes", "on")
