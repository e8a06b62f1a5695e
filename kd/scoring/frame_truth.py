"""Reference events as frames: what frame probabilities are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kd.scoring.grid import FrameGrid

if TYPE_CHECKING:
    from kd.corpus.tables import Event


def frame_truth(
    reference: Mapping[str, Sequence[Event]], *, clips: Sequence[str], classes: Sequence[str], grid: FrameGrid
) -> npt.NDArray[np.bool_]:
    """Which frames are inside an event of each class, by `FrameGrid.frames_of`: `(clips, frames, classes)`.

    A clip that is absent has no events; events of other classes are left out.
    """
    index = {label: k for k, label in enumerate(classes)}
    truth = np.zeros((len(clips), grid.frames, len(classes)), np.bool_)
    for row, clip in enumerate(clips):
        for event in reference.get(clip, ()):
            if event.label in index:
                first, last = grid.frames_of(event.onset, event.offset)
                truth[row, first:last, index[event.label]] = True
    return truth
