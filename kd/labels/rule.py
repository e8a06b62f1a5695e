"""How merged teacher logits become labels."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid
from kd.errors import UserError
from kd.labels.merging import window_on
from kd.labels.names import KINDS
from kd.labels.smoothing import Array, Smoothing, probabilities, smooth
from kd.scoring.hysteresis import hysteresis
from kd.scoring.median import median_filter

Logits = npt.NDArray[np.float16]
Labels = npt.NDArray[np.float16]
Bools = npt.NDArray[np.bool_]
CHUNK = 512  # clips at a time
NO_LABEL = np.float16(np.nan)  # of a frame that a loss leaves out


@dataclass(frozen=True, slots=True)
class LabelRule:
    """What labels are, before and after they are smoothed.

    kind: `soft`, σ(z / temperature), smoothed, as in S1; `binary`, 1 where σ(z) ≥ the class's threshold, else 0, then
    smoothed, so that a student learns what its teacher would detect and not how sure it was (S2 equation (4); a Gaussian
    softens the edges); `gated`, soft labels, and none (NaN) where the smoothed σ(z) lies between low and threshold.
    thresholds, lows: `(classes,)`, on σ(z); of lows above a threshold nothing is left out. windows, depths: `(classes,)`, the
    teacher's own median, in frames, and hysteresis, by which scores go before they are compared with thresholds; none
    where they are left out.
    Deviation: of binary labels in S2, and of the scores of S1, neither is smoothed before the threshold; here labels can be
    exactly what their teacher detects (ours).
    """

    kind: str
    temperature: float
    thresholds: tuple[float, ...]
    lows: tuple[float, ...] = ()
    windows: tuple[int, ...] = ()
    depths: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UserError(f"labels={self.kind!r} is none of {', '.join(KINDS)}", "give one of these")

    def of(self, columns: Sequence[int]) -> "LabelRule":
        """The same for some classes, by number."""
        bounds = (tuple(each[k] for k in columns) if each else () for each in self._bounds())
        return LabelRule(self.kind, self.temperature, *bounds)

    def taking(self, columns: Collection[int], other: "LabelRule") -> "LabelRule":
        """The same with what another rule of the same classes has for some of them."""
        bounds = (
            tuple(b if k in columns else a for k, (a, b) in enumerate(zip(one, two, strict=True))) if two else one
            for one, two in zip(self._bounds(), other._bounds(), strict=True)
        )
        return LabelRule(self.kind, self.temperature, *bounds)

    def on(self, *, source: FrameGrid, target: FrameGrid) -> "LabelRule":
        """The same for scores that were interpolated from one grid to another: windows keep their length in time."""
        windows = tuple(window_on(frames, source=source, target=target) for frames in self.windows)
        return replace(self, windows=windows)

    def labels(self, logits: Logits, how: Smoothing) -> Labels:
        """Smoothed labels in [0, 1], or NaN, of logits, both `(clips, frames, classes)`, a few clips at a time."""
        found = np.empty(logits.shape, dtype=np.float16)
        for start in range(0, len(logits), CHUNK):
            part = slice(start, start + CHUNK)
            found[part] = self._labels(logits[part], how)
        return found

    def positive(self, logits: Logits, how: Smoothing) -> Bools:
        """Frames that binary labels, smoothed by a median alone, would call active, `(clips, frames, classes)`."""
        median = Smoothing(how.name, how.window)
        found = np.empty(logits.shape, dtype=np.bool_)
        for start in range(0, len(logits), CHUNK):
            part = slice(start, start + CHUNK)
            found[part] = smooth(self._reached(probabilities(logits[part])), median) > 0.5
        return found

    def _bounds(self) -> tuple[tuple[Any, ...], ...]:
        return self.thresholds, self.lows, self.windows, self.depths

    def _reached(self, p: Array) -> Array:
        if self.windows or self.depths:
            p = p.copy()
        for k, window in enumerate(self.windows):
            p[:, :, k] = median_filter(np.ascontiguousarray(p[:, :, k]), window)
        for k, depth in enumerate(self.depths):
            p[:, :, k] = hysteresis(p[:, :, k], depth)
        return (p >= np.array(self.thresholds, np.float32)).astype(np.float32)

    def _labels(self, logits: Logits, how: Smoothing) -> Array:
        if self.kind == "binary":
            return smooth(self._reached(probabilities(logits)), how)
        soft = smooth(probabilities(logits, temperature=self.temperature), how)
        if self.kind == "soft":
            return soft
        sure = soft if self.temperature == 1 else smooth(probabilities(logits), how)
        unsure = (sure > np.array(self.lows, np.float32)) & (sure < np.array(self.thresholds, np.float32))
        return np.where(unsure, np.float32(np.nan), soft)


def unheard_left_out(labels: Labels, tags: npt.NDArray[np.float16]) -> Labels:
    """Labels `(clips, frames, classes)` without those of classes that a clip is known to hold and that no frame is labelled
    with: their frames get no label. tags: `(clips, classes)`, 0 or 1."""
    unheard = (tags > 0) & ~(labels >= 0.5).any(axis=1)
    return np.where(unheard[:, None, :], NO_LABEL, labels)


def clamped(labels: Labels, tags: npt.NDArray[np.float16]) -> Labels:
    """Labels `(clips, frames, classes)` with 0 wherever a class is known to be absent: tags `(clips, classes)`, 0 or 1."""
    return np.where(tags[:, None, :] == 0, np.float16(0), labels)
