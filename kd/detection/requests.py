"""What a packaged detector is asked, and what it answers: rows of sound in, rows of events or of frame scores out."""

import base64
import io
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.audio.decode import blocks, check_samples, opened
from kd.corpus.audio_files import HIGHEST_RATE, LOWEST_RATE
from kd.detection.apply import finest
from kd.detection.detector import Detector
from kd.detection.events import in_order
from kd.detection.listen import Heard, Listener, listen, listener_of
from kd.detection.outputs import COLUMNS, as_dict
from kd.errors import UserError

Array = npt.NDArray[np.float32]
SECONDS_VARIABLE, PATHS_VARIABLE = "KD_SERVE_SECONDS", "KD_SERVE_PATHS"
SECONDS = 600.0  # of sound in one row that is sent along
KINDS = "path (a file's), audio (a sound file's bytes), or samples and rate"
Rows = list[dict[str, Any]]


def answered(
    detector: Detector, rows: Rows, *, scores: bool, seconds: float, serving: bool, precision: str
) -> tuple[list[str], Rows]:
    """Column names and rows of the answer: an event each, or with `scores` a frame each.

    rows: each with `path`, `audio`, or `samples` and `rate`, and perhaps `filename`; seconds: of windows, 0: a clip's;
    serving: strangers ask: files of this machine are not read unless KD_SERVE_PATHS=true.
    Raises UserError, naming the row, for what is no sound or too much of it.
    """
    if not rows:
        raise UserError("the request holds no rows, or no column of sound", f"give {KINDS}")
    answer: Rows = []
    for number, row in enumerate(rows):
        name = _name(row, number)
        try:
            listening = partial(listener_of, detector, seconds=seconds, precision=precision)
            with _sound(row, listening, paths=not serving or _flag(PATHS_VARIABLE)) as (listener, sound):
                heard = list(_little(listen(listener, sound), scores))
        except UserError as error:
            raise UserError(f"row {number}: {error.message}", error.hint) from None
        if scores:
            answer += _frames(detector, name, np.concatenate([each.scores for each in heard]), listener.seconds)
        else:
            answer += [{"filename": name, **as_dict(e)} for e in in_order([e for each in heard for e in each.events])]
    columns = ["filename", "onset", "offset", *detector.classes] if scores else list(COLUMNS)
    return columns, answer


def _little(heard: Iterator[Heard], scores: bool) -> Iterator[Heard]:
    """The same without what nobody asked for, so that an hour of sound takes no memory."""
    nothing = np.zeros((0, 0), np.float32)
    for each in heard:
        yield Heard(each.events, each.scores if scores else nothing, nothing)


def _name(row: Mapping[str, Any], number: int) -> str:
    return str(_value(row, "filename") or _value(row, "path") or f"row {number}")


def _value(row: Mapping[str, Any], key: str) -> Any:
    """What a row has of a column; None where it has nothing, which a table spells None or NaN."""
    value = row.get(key)
    return None if isinstance(value, float) and np.isnan(value) else value


@contextmanager
def _sound(
    row: Mapping[str, Any], listening: Callable[..., Listener], *, paths: bool
) -> Iterator[tuple[Listener, Iterator[Array]]]:
    given = [key for key in ("path", "audio", "samples") if _value(row, key) is not None]
    if len(given) != 1:
        what = "names no sound" if not given else f"has both {' and '.join(given)}"
        raise UserError(f"it {what}", f"give {KINDS}")
    if given == ["samples"]:
        samples, rate = _samples(row)
        yield listening(rate=rate), iter([samples])
        return
    if given == ["path"] and not paths:
        raise UserError("files of the server are not read", f"send the sound as audio, or set {PATHS_VARIABLE}=true")
    place: Path | io.BytesIO = Path(str(row["path"])) if given == ["path"] else io.BytesIO(_bytes(row["audio"]))
    name = str(row["path"]) if given == ["path"] else "audio"
    with opened(place, name=name) as file:
        if given == ["audio"]:
            _check_length(file.frames / file.samplerate)
        yield listening(rate=file.samplerate), blocks(file, name=name)


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


def _samples(row: Mapping[str, Any]) -> tuple[Array, int]:
    rate = _value(row, "rate")
    if rate is None or not LOWEST_RATE <= float(rate) <= HIGHEST_RATE or float(rate) != int(rate):
        raise UserError(
            f"rate={rate} is no rate", f"give samples per second, {LOWEST_RATE} to {HIGHEST_RATE}, beside samples"
        )
    try:
        samples: Array = np.asarray(row["samples"], np.float32)
    except (TypeError, ValueError):
        raise UserError("samples are not numbers", "give one list of numbers in [-1, 1]") from None
    if samples.ndim == 2:  # (samples, channels), as soundfile reads them
        samples = samples.mean(axis=1, dtype=np.float32)
    if samples.ndim != 1 or not len(samples):
        raise UserError(f"samples have the shape {samples.shape}", "give one list of numbers in [-1, 1]")
    check_samples(samples, name="samples", hint="give numbers in [-1, 1]")
    _check_length(len(samples) / int(rate))
    return samples, int(rate)


def _check_length(seconds: float) -> None:
    most = float(os.environ.get(SECONDS_VARIABLE) or SECONDS)
    if seconds > most:
        raise UserError(
            f"{seconds:.0f} s of sound are more than the {most:g} s that one row may hold",
            f"send it in parts, or set {SECONDS_VARIABLE}",
        )


def _flag(name: str) -> bool:
    return os.environ.get(name, "").lower() in ("1", "true", "yes", "on")


def _frames(detector: Detector, name: str, scores: Array, seconds: float) -> Rows:
    """A row per frame that begins within the sound: where it begins and ends, and the score of each class."""
    edges = replace(finest(detector), frames=len(scores), seconds=seconds).edges().tolist()
    return [
        {"filename": name, "onset": begin, "offset": end, **dict(zip(detector.classes, values, strict=True))}
        for begin, end, values in zip(edges, edges[1:], scores.tolist(), strict=False)
        if begin < seconds
    ]
