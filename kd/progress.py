"""One live line: where the job is, how fast, and how long it will take."""

import contextlib
import sys
import time
from collections.abc import Iterator, Mapping
from typing import TextIO

PLAIN_EVERY = 10.0
LIVE_EVERY = 0.2


class Progress:
    """Progress of a job made of trainings.

    left: training steps still to be done by architecture, this training's included; per_step: seconds one takes.
    """

    def __init__(self, *, passes: int, batch: int, stream: TextIO | None = None) -> None:
        self.passes, self.batch = passes, batch
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.f1: float | None = None
        self.per_step: dict[str, float] = {}
        self.left: dict[str, int] = {}
        self._shown, self._width = 0.0, 0
        self._start, self._where, self._kind, self._steps = 0.0, "", "", 0
        self._first: int | None = None

    def plan(self, left: Mapping[str, int], per_step: Mapping[str, float]) -> None:
        """Set what is still to be done, and what a step of each architecture costs."""
        self.left, self.per_step = dict(left), dict(per_step)

    def expected(self) -> float:
        """Seconds that the remaining training steps will take."""
        return sum(steps * self.per_step.get(kind, 0.0) for kind, steps in self.left.items())

    @contextlib.contextmanager
    def training(self, index: int, name: str, *, kind: str, steps: int) -> Iterator[None]:
        """A training, from its first step to its last; steps it does not take were taken before."""
        self._where = f"pass {index}/{self.passes}  {name}" if index else f"tagger  {name}"
        self._kind, self._steps, self._first = kind, steps, None
        after = self.left.get(kind, steps) - steps
        yield
        self.left[kind] = max(after, 0)
        self.clear()

    def step(self, done: int, loss: float) -> None:
        """A training step is done."""
        now = time.monotonic()
        if self._first is None:
            self._first, self._start = done, now
            self.left[self._kind] = self.left.get(self._kind, self._steps) - done + 1
        ran = done - self._first
        self.left[self._kind] = max(self.left[self._kind] - 1, 0)
        if ran >= 3:
            self.per_step[self._kind] = (now - self._start) / ran
        last = done == self._steps
        if last or now - self._shown >= (LIVE_EVERY if self.live else PLAIN_EVERY):
            self._shown = now
            speed = self.batch / self.per_step[self._kind] if self.per_step.get(self._kind) else 0.0
            f1 = "" if self.f1 is None else f"  F1 {100 * self.f1:.1f}"
            self.show(
                f"{self._where}  step {done}/{self._steps}  loss {loss:.3f}{f1}  {speed:.0f} clips/s  "
                f"{clock(self.expected())} left"
            )

    def count(self, what: str, done: int, of: int) -> None:
        """Progress of something counted."""
        now = time.monotonic()
        if done == of or now - self._shown >= (LIVE_EVERY if self.live else PLAIN_EVERY):
            self._shown = now
            self.show(f"{what}  {done}/{of}")
            if done == of:
                self.clear()

    def show(self, text: str) -> None:
        """Replace the live line, or write a plain one."""
        if self.live:
            self.stream.write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            self.stream.write(text + "\n")
        self.stream.flush()

    def clear(self) -> None:
        """Take the live line away."""
        if self.live and self._width:
            self.stream.write("\r" + " " * self._width + "\r")
            self.stream.flush()
            self._width = 0


def clock(seconds: float) -> str:
    """`m:ss`, or `h:mm:ss` from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
