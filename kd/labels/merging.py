"""Teacher scores of many models made one: each class from its own champion, or from several models by shares."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid

Logits = npt.NDArray[np.float16]
Doubles = npt.NDArray[np.float64]


def merge(shares: Sequence[Mapping[int, float]], logits: Mapping[int, Logits]) -> Logits:
    """Logits (…, frames, classes) whose column c is the sum of models' columns c, each times its share.

    shares: of each class, model to what it counts; they add up to 1. logits: model to (…, frames, classes), all of one shape and
    class order. A class with one model has that model's bits. Source: S1 section 3.3.3, where each class has one; shares
    are ours.
    """
    return np.stack([_shared(each, logits, index) for index, each in enumerate(shares)], axis=-1)


def _shared(shares: Mapping[int, float], logits: Mapping[int, Logits], index: int) -> Logits:
    if len(shares) == 1:
        (model,) = shares
        return logits[model][..., index]
    total = sum(np.float32(share) * logits[model][..., index].astype(np.float32) for model, share in shares.items())
    return np.asarray(total).astype(np.float16)


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
