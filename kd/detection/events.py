"""From merged logits, block by block, to events: the events that `kd.scoring.decode` finds in the whole recording at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid
from kd.corpus.tables import Event
from kd.scoring.hysteresis import raised
from kd.scoring.median import median_filter
from kd.scoring.operating_points import OperatingPoints

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Detection(Event):
    """An event with its score: the greatest calibrated probability of its frames, after the median.

    Had the class's threshold been above it (on the calibrated scale), the event would not be there. Frames that hysteresis
    alone makes part of the event do not count.
    """

    score: float


@dataclass
class _Run:
    """Where a run of active frames began, and the greatest probability in it so far."""

    start: int = -1
    top: float = 0.0


class StreamEvents:
    """Events of one recording from probabilities that come block by block.

    An event is given once it has ended, and half a median window has passed.
    """

    def __init__(
        self, *, grid: FrameGrid, points: OperatingPoints, temperatures: Sequence[float], classes: Sequence[str]
    ) -> None:
        self.grid, self.classes = grid, tuple(classes)
        self.points, self.windows, self.temperatures = points, points.windows, tuple(temperatures)
        self.held: list[Array] = [np.zeros(0, np.float32) for _ in self.classes]
        self.runs = [_Run() for _ in self.classes]
        self.smoothed = [0] * len(self.classes)  # frames that have gone through the median
        self.frames = 0

    def push(self, probabilities: Array) -> list[Detection]:
        """Events that ended. probabilities: (frames, classes), the next ones."""
        if not len(probabilities):
            return []
        found: list[Detection] = []
        for k, window in enumerate(self.windows):
            column = np.ascontiguousarray(probabilities[:, k])
            if not self.frames:
                column = np.concatenate([np.full(window // 2, column[0], np.float32), column])
            found += self._settle(k, column)
        self.frames += len(probabilities)
        return in_order(found)

    def finish(self, seconds: float) -> list[Detection]:
        """The events that last to the end of the recording, which is `seconds` long."""
        found: list[Detection] = []
        for k, window in enumerate(self.windows):
            if self.frames and window > 1:
                found += self._settle(k, np.full(window // 2, self.held[k][-1], np.float32))
            found += self._event(k, self.runs[k], seconds)
        return in_order(found)

    def _settle(self, k: int, column: Array) -> list[Detection]:
        half = self.windows[k] // 2
        values = np.concatenate([self.held[k], column])
        ready = len(values) - 2 * half
        self.held[k] = values[max(0, ready) :] if half else values[:0]
        if ready <= 0:
            return []
        smooth = median_filter(values[None], self.windows[k])[0, half : half + ready]
        found = self._runs(k, smooth)
        self.smoothed[k] += ready
        return found

    def _runs(self, k: int, smooth: Array) -> list[Detection]:
        """Events that end within frames that have gone through the median."""
        run, base = self.runs[k], self.smoothed[k]
        found: list[Detection] = []
        active = raised(smooth, self.points.depths[k]) >= np.float64(self.points.thresholds[k])
        turns = np.flatnonzero(np.diff(active, prepend=run.start >= 0))
        begin = 0 if run.start >= 0 else None
        for turn in (*turns.tolist(), len(smooth)):
            if begin is not None:
                run.top = max(run.top, float(smooth[begin:turn].max(initial=0.0)))
                if turn < len(smooth):
                    found += self._event(k, run, self.grid.edge(base + turn))
                    self.runs[k] = run = _Run()
                    begin = None
            elif turn < len(smooth):
                run.start, begin = base + turn, turn
        return found

    def _event(self, k: int, run: _Run, offset: float) -> list[Detection]:
        """What a run that ended is: an event where it reached the threshold itself, else nothing."""
        if run.start < 0 or run.top < np.float64(self.points.thresholds[k]):
            return []
        score = calibrated(run.top, self.temperatures[k])
        return [Detection(self.grid.edge(run.start), offset, self.classes[k], score)]


def calibrated(probability: float, temperature: float) -> float:
    """σ(z / T) where σ(z) is `probability`."""
    inside = np.clip(np.float64(probability), 1e-9, 1 - 1e-9)
    return float(1 / (1 + np.exp(-np.log(inside / (1 - inside)) / temperature)))


def within(found: list[Detection], *, seconds: float) -> list[Detection]:
    """Events of a recording of so many seconds: none begins or ends after it."""
    return [replace(event, offset=min(event.offset, seconds)) for event in found if event.onset < seconds]


def in_order(found: list[Detection]) -> list[Detection]:
    """By onset, then offset, then label."""
    return sorted(found, key=lambda event: (event.onset, event.offset, event.label))
