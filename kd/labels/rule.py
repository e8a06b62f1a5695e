"""How merged teacher logits become labels."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kd.errors import UserError
from kd.labels.smoothing import Array, Smoothing, probabilities, smooth

Logits = npt.NDArray[np.float16]
Labels = npt.NDArray[np.float16]
CHUNK = 512  # clips at a time


@dataclass(frozen=True, slots=True)
class LabelRule:
    """What labels are before they are smoothed.

    kind: `soft`, σ(z / temperature), as in S1; or `binary`, 1 where σ(z) ≥ the class's threshold, else 0, so that a
    student learns what its teacher would detect and not how sure it was.
    thresholds: `(classes,)`, the teachers' own; kept for `soft` too, but not used.
    """

    kind: str
    temperature: float
    thresholds: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.kind not in ("soft", "binary"):
            raise UserError(f"labels={self.kind!r} is neither soft nor binary", "give labels=soft or labels=binary")

    def labels(self, logits: Logits, how: Smoothing) -> Labels:
        """Smoothed labels in [0, 1] of logits, both `(clips, frames, classes)`, a few clips at a time."""
        found = np.empty(logits.shape, dtype=np.float16)
        for start in range(0, len(logits), CHUNK):
            part = slice(start, start + CHUNK)
            found[part] = smooth(self._unsmoothed(logits[part]), how)
        return found

    def _unsmoothed(self, logits: Logits) -> Array:
        if self.kind == "soft":
            return probabilities(logits, temperature=self.temperature)
        return (probabilities(logits) >= np.array(self.thresholds, np.float32)).astype(np.float32)


def clamped(labels: Labels, tags: npt.NDArray[np.float16]) -> Labels:
    """Labels `(clips, frames, classes)` with 0 wherever a class is known to be absent: tags `(clips, classes)`, 0 or 1."""
    return labels * tags[:, None, :]
