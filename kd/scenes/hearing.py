"""Recordings of any length to scores of scenes, a piece of a clip's length at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.audio.decode import REPLACE
from kd.audio.resample import resample
from kd.audio.scene_sound import read_channels
from kd.errors import UserError
from kd.scenes.classifier import Classifier

Floats = npt.NDArray[np.float32]
LEAST = 0.5  # of a clip: a shorter rest at the end of a recording says nothing of its own


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of a recording: where it lies in seconds, and its scores by class, (classes,)."""

    onset: float
    offset: float
    scores: Floats


def pieces(classifier: Classifier, file: Any, *, name: str, precision: str) -> Iterator[Piece]:
    """Every piece of an opened sound file, so that a long one takes no more memory than a short one.

    A rest shorter than half a clip is left out, unless it is all there is. Raises UserError for what cannot be read.
    """
    rate, length = file.samplerate, round(classifier.seconds * file.samplerate)
    done = 0
    while True:
        found = read_channels(file, length, name=name)
        if not found.shape[1]:
            break
        if done and found.shape[1] < LEAST * length:
            return
        samples = np.stack([resample(np.ascontiguousarray(each), rate, classifier.rate) for each in found])
        end = done + found.shape[1]
        yield Piece(done / rate, end / rate, classifier.scores(samples, precision=precision))
        done = end
    if not done:
        raise UserError(f"{name}: holds no sound", REPLACE)


def together(found: list[Piece]) -> Piece:
    """A recording's pieces as one: the mean of their scores, weighted by their length."""
    lengths = np.array([piece.offset - piece.onset for piece in found], np.float32)
    scores = np.average([piece.scores for piece in found], axis=0, weights=lengths)
    return Piece(found[0].onset, found[-1].offset, np.asarray(scores, np.float32))


def scene_row(classifier: Classifier, piece: Piece, *, scores: bool) -> dict[str, Any]:
    """The best class of a piece and its score, and with `scores` those of all classes."""
    best = int(piece.scores.argmax())
    found = {"scene_label": classifier.classes[best], "score": round(float(piece.scores[best]), 4)}
    every = {label: round(float(x), 4) for label, x in zip(classifier.classes, piece.scores, strict=True)}
    return found | every if scores else found
