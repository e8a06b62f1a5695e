"""Teacher scores of many models made one: each class from its own champion."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid

Logits = npt.NDArray[np.float16]
Doubles = npt.NDArray[np.float64]


def merge(classes: Sequence[str], *, champion: Mapping[str, str], logits: Mapping[str, Logits]) -> Logits:
    """Logits of shape (clips, frames, classes) whose column c is that of class c's champion.

    champion: class to model; logits: model to (clips, frames, classes), all of one shape and class order.
    Source: S1 section 3.3.3.
    """
    columns = [logits[champion[label]][:, :, index] for index, label in enumerate(classes)]
    return np.stack(columns, axis=2)


def regrid(logits: Logits, *, source: FrameGrid, target: FrameGrid) -> Logits:
    """Logits (clips, frames, classes) interpolated linearly from one frame grid to another; ends are held."""
    if source == target:
        return logits
    return interpolated(logits, centres=source.centres(source.frames), wanted=target.centres(target.frames))


def interpolated(logits: Logits, *, centres: Doubles, wanted: Doubles) -> Logits:
    """Logits (clips, frames, classes) of frames centred on `centres`, increasing, at other times; ends are held."""
    if len(centres) == 1:
        return np.repeat(logits, len(wanted), axis=1)
    right = np.clip(np.searchsorted(centres, wanted), 1, len(centres) - 1)
    share = np.clip((wanted - centres[right - 1]) / (centres[right] - centres[right - 1]), 0, 1)
    share = share[None, :, None].astype(np.float32)
    values = logits.astype(np.float32)
    return (values[:, right - 1] * (1 - share) + values[:, right] * share).astype(np.float16)


def window_on(frames: int, *, source: FrameGrid, target: FrameGrid) -> int:
    """A median window of `frames` frames of one grid on another: the odd number of frames nearest to its length in time.

    A window of one frame, no median, stays one.
    """
    if frames == 1 or source.hop == target.hop:
        return frames
    return 2 * round((frames * source.hop / target.hop - 1) / 2) + 1
