"""How merged teacher logits become labels."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kd.errors import UserError
from kd.labels.names import KINDS
from kd.labels.smoothing import Array, Smoothing, probabilities, smooth

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
    thresholds, lows: `(classes,)`, on σ(z); of lows above a threshold nothing is left out.
    """

    kind: str
    temperature: float
    thresholds: tuple[float, ...]
    lows: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UserError(f"labels={self.kind!r} is none of {', '.join(KINDS)}", "give one of these")

    def labels(self, logits: Logits, how: Smoothing) -> Labels:
        """Smoothed labels in [0, 1], or NaN, of logits, both `(clips, frames, classes)`, a few clips at a time."""
        found = np.empty(logits.shape, dtype=np.float16)
        for start in range(0, len(logits), CHUNK):
            part = slice(start, start + CHUNK)
            found[part] = self._labels(logits[part], how)
        return found

    def positive(self, logits: Logits, how: Smoothing) -> Bools:
        """Frames whose median-smoothed σ(z) reaches the class's threshold, `(clips, frames, classes)`."""
        median = Smoothing(how.name, how.window)
        found = np.empty(logits.shape, dtype=np.bool_)
        for start in range(0, len(logits), CHUNK):
            part = slice(start, start + CHUNK)
            found[part] = smooth(self._reached(probabilities(logits[part])), median) > 0.5
        return found

    def _reached(self, p: Array) -> Array:
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


def clamped(labels: Labels, tags: npt.NDArray[np.float16]) -> Labels:
    """Labels `(clips, frames, classes)` with 0 wherever a class is known to be absent: tags `(clips, classes)`, 0 or 1."""
    return np.where(tags[:, None, :] == 0, np.float16(0), labels)
