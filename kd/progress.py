"""One live line: where the job is, how fast, and how long it will take."""

import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

PLAIN_EVERY = 10.0
LIVE_EVERY = 0.2
SILENT = 30.0  # seconds, and ten steps, after which a training that says nothing is told of
SLOW = 2.0  # times the time for a step that the fastest training of the same kind takes


@dataclass
class Active:
    """A training that runs now: which pass, on how many cores of which machine, how far it is, and since when.

    heard: when it last said something, by this process's clock.
    """

    index: int
    kind: str
    steps: int
    cores: int
    host: str = ""
    heard: float = 0.0
    done: int = 0
    loss: float = float("nan")
    first: int = 0
    start: float = 0.0
    per_step: float = 0.0

    def step(self, done: int, loss: float, at: float) -> None:
        """Step `done` has ended, `at` by the training's own clock."""
        if not self.done:
            self.first, self.start = done, at
        self.done, self.loss = done, loss
        if done - self.first >= 3:
            self.per_step = (at - self.start) / (done - self.first)


class Progress:
    """Progress of a job made of trainings, some of them at the same time.

    left: training steps of all trainings that have not ended, by architecture; cost: core-seconds of one step of each;
    cores: how many train.
    """

    def __init__(self, *, passes: int, batch: int, stream: TextIO | None = None) -> None:
        self.passes, self.batch = passes, batch
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.f1: float | None = None
        self.cost: dict[str, float] = {}
        self.left: dict[str, int] = {}
        self.cores = 1
        self._active: dict[str, Active] = {}
        self._fastest: dict[tuple[int, str], float] = {}
        self._shown, self._width = 0.0, 0

    def plan(self, left: Mapping[str, int], cost: Mapping[str, float], *, cores: int) -> None:
        """Set what is still to be done, what a step of each architecture costs, and how many cores do it."""
        self.left, self.cost, self.cores = dict(left), dict(cost), cores

    def expected(self) -> float:
        """Seconds that the remaining training steps will take."""
        left = dict(self.left)
        for each in self._active.values():
            left[each.kind] = left.get(each.kind, 0) - each.done
        return sum(max(steps, 0) * self.cost.get(kind, 0.0) for kind, steps in left.items()) / self.cores

    def begin(self, name: str, *, index: int, kind: str, steps: int, cores: int, host: str = "") -> None:
        """A training begins, of pass `index` (0: before the passes), on a machine of this name."""
        self._active[name] = Active(index, kind, steps, cores, host, time.monotonic())

    def step(self, name: str, done: int, loss: float, at: float | None = None) -> None:
        """A training step is done; steps that an earlier process took are not told.

        at: when, in seconds by any one clock of the process that trains; None: just now.
        """
        each = self._active[name]
        now = each.heard = time.monotonic()
        each.step(done, loss, now if at is None else at)
        if each.per_step:
            self.cost[each.kind] = each.per_step * each.cores
            pace = (each.index, each.kind)
            self._fastest[pace] = min(self._fastest.get(pace, each.per_step), each.per_step)
        if done == each.steps or now - self._shown >= (LIVE_EVERY if self.live else PLAIN_EVERY):
            self._shown = now
            self.show(self._line())

    def end(self, name: str) -> None:
        """A training has ended."""
        each = self._active.pop(name)
        self.left[each.kind] = max(self.left.get(each.kind, 0) - each.steps, 0)
        self.clear()

    def waiting(self) -> None:
        """Nothing was heard for a while: trainings that are silent for too long are told of."""
        now = time.monotonic()
        if now - self._shown >= PLAIN_EVERY and any(self._straggling(each, now) for each in self._active.values()):
            self._shown = now
            self.show(self._line())

    def _straggling(self, each: Active, now: float) -> str:
        """What holds a training back, in words; empty where nothing does."""
        silent = now - each.heard
        fastest = self._fastest.get((each.index, each.kind), each.per_step)
        if each.done < each.steps and silent > max(SILENT, 10 * each.per_step):
            what = f"silent for {clock(silent)}"
        elif each.per_step > SLOW * fastest:
            what = f"{each.per_step / fastest:.1f} times as slow as another"
        else:
            return ""
        return f" ({what}{', on ' + each.host if each.host else ''})"

    def _line(self) -> str:
        index, now = max(each.index for each in self._active.values()), time.monotonic()
        parts = [f"pass {index}/{self.passes}"] if index else []
        for name, each in self._active.items():
            held = self._straggling(each, now)
            if each.done or held:
                loss = f" loss {each.loss:.3f}" if each.done else ""
                parts.append(f"{name} {each.done}/{each.steps}{loss}{held}")
        parts += [] if self.f1 is None else [f"F1 {100 * self.f1:.1f}"]
        speeds = [self.batch / each.per_step for each in self._active.values() if each.per_step]
        return "  ".join([*parts, f"{sum(speeds):.0f} clips/s", f"{clock(self.expected())} left"])

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
            text = text[: shutil.get_terminal_size().columns - 1]
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
