"""The temperature of each class that makes its probabilities likeliest: fitted on the selection split, for calibration.

Not the distillation temperature, which softens a teacher's labels. It changes what a probability means, not what can be
detected: σ(z/T) keeps the order of scores, a median filter takes one of them, and 0.5 stays at z = 0, so that F1 at 0.5
and at the best threshold stay as they are, and other thresholds move along.
Source: C. Guo et al., "On calibration of modern neural networks", 2017, section 4.2, here for each class by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Mark = Literal["fitted", "at bound", "no positives", "no negatives", "no information"]
LOWEST, HIGHEST = 0.05, 20.0


@dataclass(frozen=True, slots=True)
class Temperature:
    """Of one class: T, how it came about, and the mean negative log-likelihood (nats per frame) at 1 and at T."""

    value: float
    mark: Mark
    nll_before: float | None
    nll_after: float | None


@dataclass(frozen=True, slots=True)
class Temperatures:
    """One temperature for each class."""

    classes: Mapping[str, Temperature]

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """`{Class: {value, mark, nll_before, nll_after}}`."""
        return {label: asdict(one) for label, one in self.classes.items()}

    def probabilities(self, logits: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """σ(z / T) of logits `(..., classes)`."""
        values = np.array([one.value for one in self.classes.values()], np.float32)
        return np.asarray(expit(np.asarray(logits, np.float32) / values), np.float32)


def fit_temperatures(
    logits: npt.NDArray[np.floating], truth: Bools, *, classes: Sequence[str], cells: Bools | None = None
) -> Temperatures:
    """The T of each class, from 0.05 to 20, with the least negative log-likelihood of truth under σ(z/T).

    logits: any float type; truth: 0 or 1; both `(clips, frames, classes)` or, of clip tags, `(clips, classes)`; cells:
    `(clips, classes)`, which count (default all). A class without positives or without negatives stays at T = 1: every
    temperature towards one end would do. So does one whose logits are all 0. A class whose best T lies outside, because
    its frames are separated without error or no better than by chance, gets the nearer end.
    """
    if logits.shape != truth.shape or truth.shape[-1:] != (len(classes),):
        raise ValueError(f"logits {logits.shape} and truth {truth.shape} must be (clips, ..., {len(classes)})")
    if not np.isfinite(logits).all():
        raise ValueError("logits hold NaN or infinity")
    found = {}
    for k, label in enumerate(classes):
        kept = slice(None) if cells is None else cells[:, k]
        found[label] = _fit(logits[kept, ..., k].astype(np.float64).ravel(), truth[kept, ..., k].ravel())
    return Temperatures(found)


def mean_nll(logits: Floats, truth: Bools, *, temperature: float = 1.0) -> float:
    """−mean(y ln σ(z/T) + (1 − y) ln(1 − σ(z/T))), as softplus(z/T) − y z/T; logits and truth `(cases,)`."""
    scaled = logits / temperature
    return float(np.mean(np.logaddexp(0, scaled) - truth * scaled))


def _fit(logits: Floats, truth: Bools) -> Temperature:
    """The likelihood is convex in β = 1/T; its slope Σ z (σ(βz) − y) rises with β and is 0 at the best."""
    if not len(truth):
        return Temperature(1.0, "no information", None, None)
    before = mean_nll(logits, truth)
    if not truth.any():
        return Temperature(1.0, "no positives", before, before)
    if truth.all():
        return Temperature(1.0, "no negatives", before, before)
    if not logits.any():
        return Temperature(1.0, "no information", before, before)
    pull = float(logits @ truth)

    def slope(beta: float) -> float:
        return float(logits @ expit(beta * logits)) - pull

    if slope(1 / HIGHEST) >= 0 or slope(1 / LOWEST) <= 0:
        value = HIGHEST if slope(1 / HIGHEST) >= 0 else LOWEST
        return Temperature(value, "at bound", before, mean_nll(logits, truth, temperature=value))
    value = 1 / float(brentq(slope, 1 / HIGHEST, 1 / LOWEST, xtol=1e-12))
    return Temperature(value, "fitted", before, mean_nll(logits, truth, temperature=value))
