"""Logits of a detector's networks, each on its own frames and block by block, made one by each class's shares."""

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid
from kd.detection.apply import finest
from kd.detection.detector import Detector
from kd.labels.merging import interpolated, merge

Logits = npt.NDArray[np.float16]


class StreamRegrid:
    """`kd.labels.merging.regrid`, block by block: logits (frames, classes) on another grid's frames."""

    def __init__(self, source: FrameGrid, target: FrameGrid) -> None:
        self.source, self.target = source, target
        self.same = source.hop == target.hop and source.window == target.window
        self.held: Logits | None = None
        self.first = 0  # frame of the source that the held ones begin with
        self.done = 0  # frames of the target that are given

    def push(self, logits: Logits) -> Logits:
        """Frames of the target that no later block changes."""
        if self.same:
            return logits
        self.held = logits if self.held is None else np.concatenate([self.held, logits])
        if not len(self.held):
            return self.held
        last = (self.first + len(self.held) - 1) * self.source.hop + self.source.window / 2
        stop = max(self.done, int(np.floor((last - self.target.window / 2) / self.target.hop)) + 1)
        return self._until(stop)

    def finish(self, frames: int) -> Logits:
        """The rest of a target of so many frames."""
        if self.held is None:
            raise ValueError("the recording had no frames")
        return self._until(max(self.done, frames))

    def _until(self, stop: int) -> Logits:
        assert self.held is not None
        if stop == self.done:
            return self.held[:0]
        centres = self.source.centres(self.first + len(self.held), start=self.first)
        wanted = self.target.centres(stop, start=self.done)
        made: Logits = interpolated(self.held[None], centres=centres, wanted=wanted)[0]
        left = max(0, int(np.searchsorted(centres, self.target.centres(stop + 1, start=stop)[0])) - 1)
        left = min(left, len(self.held) - 2) if len(self.held) > 1 else 0
        self.held, self.first, self.done = self.held[left:], self.first + left, stop
        return made


class StreamMerge:
    """Merged logits (frames, classes), on the grid of the finest network."""

    def __init__(self, detector: Detector) -> None:
        grid = finest(detector)
        self.used = detector.used
        self.finest = next(index for index in self.used if detector.members[index].grid.hop == grid.hop)
        self.regrids = {index: StreamRegrid(detector.members[index].grid, grid) for index in self.used}
        self.waiting: dict[int, Logits] = {
            index: np.zeros((0, len(detector.members[index].classes)), np.float16) for index in self.used
        }
        self.shares = detector.shares
        self.own = {
            index: [detector.members[index].classes.index(label) for label in detector.classes] for index in self.used
        }
        self.frames = 0  # of the finest network

    def push(self, logits: dict[int, Logits]) -> Logits:
        """What every network has scored. logits: by index of each used network, (frames, its classes)."""
        self.frames += len(logits[self.finest])
        return self._take({index: self.regrids[index].push(each) for index, each in logits.items()})

    def finish(self) -> Logits:
        """The rest."""
        rest = {index: each.finish(self.frames) for index, each in self.regrids.items() if not each.same}
        return self._take(rest)

    def _take(self, more: dict[int, Logits]) -> Logits:
        for index, each in more.items():
            self.waiting[index] = np.concatenate([self.waiting[index], each])
        count = min(len(each) for each in self.waiting.values())
        merged = merge(self.shares, {index: each[:count, self.own[index]] for index, each in self.waiting.items()})
        self.waiting = {index: each[count:] for index, each in self.waiting.items()}
        return merged
