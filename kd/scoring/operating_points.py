"""Operating points: the threshold and the median window of each class."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kd.scoring.median import check_window

Floats = npt.NDArray[np.float64]

FIXED_THRESHOLD = 0.5
FIXED_WINDOW = 7
DEFAULT_WINDOWS = (1, 3, 5, 7, 9, 13, 19, 27, 41)


def logit_spaced(*, low: float = 0.02, steps: int = 33) -> tuple[float, ...]:
    """`steps` (odd) thresholds from `low` to 1 - low, evenly spaced in logit, 0.5 in the middle, four decimals."""
    if not 0 < low < 0.5 or steps < 3 or steps % 2 == 0:
        raise ValueError(f"low must lie between 0 and 0.5 and steps be odd and 3 or more, not {low} and {steps}")
    end, half = math.log(low / (1 - low)), steps // 2
    lower = [round(1 / (1 + math.exp(-end * (half - i) / half)), 4) for i in range(half)]
    return (*lower, 0.5, *(round(1 - value, 4) for value in reversed(lower)))


DEFAULT_THRESHOLDS = logit_spaced()


@dataclass(frozen=True, slots=True)
class OperatingPoints:
    """thresholds: `(classes,)`, on probabilities; windows: `(classes,)`, odd numbers of frames."""

    thresholds: tuple[float, ...]
    windows: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.thresholds) != len(self.windows):
            raise ValueError(f"{len(self.thresholds)} thresholds, but {len(self.windows)} windows")
        for window in self.windows:
            check_window(window)

    @classmethod
    def fixed(cls, *, classes: int) -> OperatingPoints:
        """Threshold 0.5 and a median over 7 frames for every class: nothing is chosen."""
        return cls((FIXED_THRESHOLD,) * classes, (FIXED_WINDOW,) * classes)


def preferred(*, f1: Floats, thresholds: Floats, windows: npt.NDArray[np.int64]) -> int:
    """Which of some operating points, each `(points,)`, to take: the one of highest F1.

    Equal F1: the threshold nearer 0.5 (to nine decimals), then the smaller window, then the lower threshold.
    """
    best = np.flatnonzero(f1 == f1.max())
    away = np.round(np.abs(thresholds[best] - 0.5), 9)
    return int(best[np.lexsort((thresholds[best], windows[best], away))[0]])
