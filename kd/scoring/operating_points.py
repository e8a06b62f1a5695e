"""Operating points: the threshold, the median window and the depth of the hysteresis of each class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kd.scoring.median import check_window

Floats = npt.NDArray[np.float64]

FIXED_THRESHOLD = 0.5
FIXED_WINDOW = 7
DEFAULT_WINDOWS = (1, 3, 5, 7, 9, 13, 19, 27, 41, 61)
DEFAULT_DEPTHS = (0.0, 1.0, 2.0, 3.0, 4.0)  # logits


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
    """thresholds: `(classes,)`, on probabilities; windows: `(classes,)`, odd numbers of frames; depths: `(classes,)`, logits,
    see `kd.scoring.hysteresis`; left out: 0, none.
    """

    thresholds: tuple[float, ...]
    windows: tuple[int, ...]
    depths: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.depths:
            object.__setattr__(self, "depths", (0.0,) * len(self.thresholds))
        if not len(self.thresholds) == len(self.windows) == len(self.depths):
            raise ValueError(
                f"{len(self.thresholds)} thresholds, but {len(self.windows)} windows and {len(self.depths)} depths"
            )
        for window in self.windows:
            check_window(window)
        if not all(0 <= depth < math.inf for depth in self.depths):
            raise ValueError(f"depths are 0 or more, not {self.depths}")

    def of(self, columns: Sequence[int]) -> OperatingPoints:
        """Those of some classes, by number."""
        thresholds, windows, depths = (
            tuple(each[k] for k in columns) for each in (self.thresholds, self.windows, self.depths)
        )
        return OperatingPoints(thresholds, windows, depths)  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, list[float]]:
        """As plain JSON values."""
        return {"thresholds": list(self.thresholds), "windows": list(self.windows), "depths": list(self.depths)}

    @classmethod
    def fixed(cls, *, classes: int) -> OperatingPoints:
        """Threshold 0.5 and a median over 7 frames for every class: nothing is chosen."""
        return cls((FIXED_THRESHOLD,) * classes, (FIXED_WINDOW,) * classes)


def preferred(*, f1: Floats, thresholds: Floats, windows: npt.NDArray[np.int64], depths: Floats | None = None) -> int:
    """Which of some operating points, each `(points,)`, to take: the one of highest F1.

    Equal F1: the smaller depth, then the threshold nearer 0.5 (to nine decimals), then the smaller window, then the
    lower threshold.
    """
    best = np.flatnonzero(f1 == f1.max())
    away = np.round(np.abs(thresholds[best] - 0.5), 9)
    deep = np.zeros(len(best)) if depths is None else depths[best]
    return int(best[np.lexsort((thresholds[best], windows[best], away, deep))[0]])
