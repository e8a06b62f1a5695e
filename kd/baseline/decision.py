"""The baseline's decision: from probabilities of frames to events."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kd.corpus.tables import Event
from kd.scoring.grid import FrameGrid

THRESHOLD, WINDOW = 0.5, 51  # frames: 1.02 s


def letter_events(
    scores: npt.NDArray[np.float32], *, grid: FrameGrid, clips: Sequence[str], classes: Sequence[str]
) -> dict[str, list[Event]]:
    """Events of clips from scores (clips, frames, classes): above 0.5, then a median over 51 frames with silence around the clip.

    Source: dcase2018_baseline, task4_crnn.yaml. An event's time is its frame's number times the hop.
    """
    from scipy.ndimage import median_filter

    active = (scores > THRESHOLD).astype(np.uint8)
    smooth = median_filter(active, size=(1, WINDOW, 1), mode="constant") > 0
    edges = grid.edges()
    found: dict[str, list[Event]] = {}
    for clip, rows in zip(clips, smooth, strict=True):
        turns = np.diff(np.pad(rows.T.astype(np.int8), ((0, 0), (1, 1))))
        found[clip] = [
            Event(float(edges[onset]), float(edges[offset]), label)
            for label, turn in zip(classes, turns, strict=True)
            for onset, offset in zip(np.flatnonzero(turn == 1), np.flatnonzero(turn == -1), strict=True)
        ]
    return found
