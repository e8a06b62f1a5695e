"""What a packaged detector is asked, and what it answers: rows of sound in, rows of events or of frame scores out."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.audio.decode import blocks
from kd.detection.apply import finest
from kd.detection.detector import Detector
from kd.detection.events import in_order
from kd.detection.listen import Heard, listen, listener_of
from kd.detection.outputs import COLUMNS, as_dict
from kd.detection.rows import KINDS, row_name, row_sound
from kd.errors import UserError

Array = npt.NDArray[np.float32]
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
        name = row_name(row, number)
        try:
            with row_sound(row, serving=serving) as (file, where):
                listener = listener_of(detector, rate=file.samplerate, seconds=seconds, precision=precision)
                heard = list(_little(listen(listener, blocks(file, name=where)), scores))
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


def _frames(detector: Detector, name: str, scores: Array, seconds: float) -> Rows:
    """A row per frame that begins within the sound: where it begins and ends, and the score of each class."""
    edges = replace(finest(detector), frames=len(scores), seconds=seconds).edges().tolist()
    return [
        {"filename": name, "onset": begin, "offset": end, **dict(zip(detector.classes, values, strict=True))}
        for begin, end, values in zip(edges, edges[1:], scores.tolist(), strict=False)
        if begin < seconds
    ]
