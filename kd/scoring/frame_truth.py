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
    reference: Mapping[str, Sequence[Event]],
    *,
    clips: Sequence[str],
    classes: Sequence[str],
    grid: FrameGrid | npt.NDArray[np.float64],
) -> npt.NDArray[np.bool_]:
    """Which frames are inside an event of each class: `(clips, frames, classes)`.

    grid: of all clips, then by `FrameGrid.frames_of`; or the frames' borders in seconds, `(clips, frames + 1)`, then
    those frames whose middle lies in [onset, offset), at least one; a frame without length is in none. A clip that is
    absent has no events; events of other classes are left out.
    """
    index = {label: k for k, label in enumerate(classes)}
    frames = grid.frames if isinstance(grid, FrameGrid) else grid.shape[1] - 1
    truth = np.zeros((len(clips), frames, len(classes)), np.bool_)
    for row, clip in enumerate(clips):
        for event in reference.get(clip, ()):
            if event.label in index:
                first, last = (
                    grid.frames_of(event.onset, event.offset)
                    if isinstance(grid, FrameGrid)
                    else _between(grid[row], event.onset, event.offset)
                )
                truth[row, first:last, index[event.label]] = True
    return truth


def _between(edges: npt.NDArray[np.float64], onset: float, offset: float) -> tuple[int, int]:
    """`FrameGrid.frames_of` for the borders of one clip's frames, `(frames + 1,)`."""
    frames = int((np.diff(edges) > 0).sum())
    middles = (edges[:frames] + edges[1 : frames + 1]) / 2
    first, last = np.searchsorted(middles, (onset, offset))
    first = min(int(first), frames - 1)
    return first, min(max(int(last), first + 1), frames)
