"""A network over a recording of any length: overlapping windows of its features, the middle of each kept."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kd.audio.logmel import scaled
from kd.detection.detector import Member
from kd.training.predict import logits_of

Array = npt.NDArray[np.float32]
Logits = npt.NDArray[np.float16]
BATCH = 8  # windows scored at once, at most
Cut = tuple[int, int, int, int]  # a window: its frames from `begin` to `end`, of which it scores `keep` to `until`
TOGETHER = 25.0  # seconds of windows of a recording that is there, at least, or one window
OVERLAP = 1.25  # seconds at each end of a window that its neighbour scores, an eighth of a window at most


@dataclass(frozen=True, slots=True)
class Windows:
    """How a recording is cut, in frames of features, all multiples of the network's stride.

    length: of a window; step: from one to the next; after: frames at a window's end that the next one scores; wait:
    frames that must be there before the first one; together: windows that are waited for, to be scored at once.
    """

    length: int
    step: int
    after: int
    wait: int
    together: int = 1


def windows_of(member: Member, *, seconds: float) -> Windows:
    """Windows for recordings that are there: of `seconds`, or where 0 or features are scaled clip by clip, of a clip.

    What lies at the ends of a window is scored by its neighbour, which hears more around it.
    """
    spec, stride = member.spec, member.stride
    length = spec.frames
    if seconds and spec.scaling == "log":
        length = 1 + max(0, round(seconds * spec.rate) - spec.window) // spec.hop
    length = max(length // stride, 3) * stride
    after = max(1, min(length // stride // 8, round(OVERLAP / member.grid.hop))) * stride
    together = max(1, int(TOGETHER / (length * spec.grid.hop)))
    return Windows(length, length - 2 * after, after, length, together)


def live_windows_of(member: Member, *, step: float, after: float) -> Windows:
    """Windows for sound that is just being made: scores every `step` seconds, of what was heard `after` seconds before.

    A window reaches back for the length of a clip, or to the beginning.
    """
    spec, stride = member.spec, member.stride
    looked = max(1, round(step * spec.rate / spec.hop / stride)) * stride
    waited = math.ceil(round(after * spec.rate / spec.hop / stride, 6)) * stride
    return Windows(max(spec.frames // stride * stride, looked + waited), looked, waited, 0)


class Sliding:
    """Logits of a recording whose features come block by block; each frame's once, in order."""

    def __init__(self, member: Member, windows: Windows, *, precision: str) -> None:
        self.member, self.windows, self.precision = member, windows, precision
        self.held = np.zeros((0, member.spec.mels), np.float32)
        self.first = 0  # frame of features that the held ones begin with
        self.done = 0  # frames of features whose logits are given

    def push(self, bands: Array) -> Logits:
        """Logits (frames, classes) of the frames that no later block changes. bands: (frames, mels), not yet scaled."""
        self.held = np.concatenate([self.held, bands])
        w, (cuts, done) = self.windows, self._ready()
        if len(cuts) < w.together:
            return self._logits([])
        made = self._logits(cuts)
        self.done = done
        keep = max(self.first, self.done + self.member.stride - w.length)
        keep -= keep % self.member.stride
        self.held, self.first = self.held[max(0, keep - self.first) :], max(self.first, keep)
        return made

    def _ready(self) -> tuple[list[Cut], int]:
        """Windows that no later block changes, and the frame up to which they score."""
        total, w = self.first + len(self.held), self.windows
        cuts, done = [], self.done
        while (end := max(done + w.step + w.after, w.wait)) <= total:
            cuts.append((max(0, end - w.length), end, done, end - w.after))
            done = end - w.after
        return cuts, done

    def finish(self) -> Logits:
        """The rest."""
        total, w = self.first + len(self.held), self.windows
        cuts, self.done = self._ready()
        if cuts and cuts[-1][1] == total:  # the last window sees the end: what follows is its own
            cuts[-1], self.done = (*cuts[-1][:3], total), total
        while self.done < total:
            end = min(self.done + w.step + w.after, total) if total > w.length else total
            begin = max(self.first, end - w.length)
            begin -= begin % self.member.stride
            until = total if end == total else end - w.after
            cuts.append((begin, end, self.done, until))
            self.done = until
        return self._logits(cuts)

    def _logits(self, cuts: list[Cut]) -> Logits:
        """Logits of windows."""
        stride, found = self.member.stride, []
        for start in range(0, len(cuts), BATCH):
            part = cuts[start : start + BATCH]
            alike = len({end - begin for begin, end, _, _ in part}) == 1
            for group in [part] if alike else [[cut] for cut in part]:
                logits = self._scored([(begin, end) for begin, end, _, _ in group])
                for (begin, _, keep, until), one in zip(group, logits, strict=True):
                    found.append(one[(keep - begin) // stride : math.ceil((until - begin) / stride)])
        return np.concatenate(found) if found else np.zeros((0, len(self.member.classes)), np.float16)

    def _scored(self, cuts: list[tuple[int, int]]) -> Logits:
        parts = [self.held[begin - self.first : end - self.first] for begin, end in cuts]
        inputs = np.stack([scaled(part, spec=self.member.spec) for part in parts])
        return logits_of(self.member.network, inputs, precision=self.precision)
