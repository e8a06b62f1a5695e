"""Frames and seconds: the one converter between them."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class FrameGrid:
    """Where frames lie in time.

    hop, window, seconds: in seconds; frames: how many. Frame i stands for c - hop/2 to c + hop/2 with
    c = i * hop + window / 2; the first frame reaches back to 0 and the last one on to `seconds`.
    """

    hop: float
    window: float
    frames: int
    seconds: float

    def edges(self) -> npt.NDArray[np.float64]:
        """Borders of the frames in seconds, shape (frames + 1,), increasing from 0 to `seconds`."""
        edges = np.arange(self.frames + 1) * self.hop + (self.window - self.hop) / 2
        edges[0], edges[-1] = 0.0, self.seconds
        return np.asarray(np.minimum(edges, self.seconds), dtype=np.float64)

    def edge(self, frame: int) -> float:
        """Where a frame begins, in seconds, as `edges` has it; it may lie beyond the last one."""
        return 0.0 if frame == 0 else frame * self.hop + (self.window - self.hop) / 2

    def centres(self, stop: int, *, start: int = 0) -> npt.NDArray[np.float64]:
        """Centres in seconds of the frames `start` to `stop`, shape (stop - start,), which may lie beyond the last one."""
        return np.asarray(np.arange(start, stop) * self.hop + self.window / 2, dtype=np.float64)

    def every(self, stride: int) -> "FrameGrid":
        """The grid of every `stride`-th frame, from the first one on."""
        return replace(self, hop=self.hop * stride, frames=-(-self.frames // stride))

    def frames_of(self, onset: float, offset: float) -> tuple[int, int]:
        """First frame and one past the last frame whose centres lie in [onset, offset); at least one frame."""
        first = int(np.ceil((onset - self.window / 2) / self.hop))
        last = int(np.ceil((offset - self.window / 2) / self.hop))
        first = min(max(first, 0), self.frames - 1)
        return first, min(max(last, first + 1), self.frames)
