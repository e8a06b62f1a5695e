"""Calibration: whether, where a class is given probability p, it is there in a share p of the cases.

Each class is held against its own truth, present or absent, since several may sound at once. The calibration error is

    ECE = Σ_b n_b / n · |observed_b − predicted_b|

over bins b of the probability, with predicted_b the mean probability and observed_b the share of positives in a bin.
Sources: C. Guo et al., "On calibration of modern neural networks", 2017, eq. (3), bins of equal width, closed above;
J. Nixon et al., "Measuring calibration in deep learning", 2019: class by class, and adaptive bins of equal mass.
Deviation: Guo bins the confidence of the one class that is predicted; Nixon averages bins of equal mass without weights,
which differs where the cases do not divide evenly or probabilities are equal: those share a bin here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

BINS = 15
Floats = npt.NDArray[np.floating]
Binning = Literal["width", "mass"]


@dataclass(frozen=True, slots=True)
class Bin:
    """One point of a reliability curve: cases with probability from low to high, their mean, their share of positives."""

    low: float
    high: float
    count: int
    predicted: float
    observed: float


@dataclass(frozen=True, slots=True)
class ClassCalibration:
    """One class: calibration error over bins of equal width and of equal mass, and the reliability curve of the former.

    Bins without cases are left out of the curve. The errors are None without any case.
    """

    error: float | None
    error_by_mass: float | None
    cases: int
    positives: int
    curve: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """The classes, and the means of their errors."""

    error: float | None
    error_by_mass: float | None
    classes: Mapping[str, ClassCalibration]

    def to_dict(self) -> dict[str, Any]:
        """`{error, error_by_mass, classes: {Class: {error, error_by_mass, cases, positives, curve: [...]}}}`."""
        return {
            "error": self.error,
            "error_by_mass": self.error_by_mass,
            "classes": {label: asdict(one) for label, one in self.classes.items()},
        }


def calibration(
    probabilities: Floats, truth: npt.NDArray[np.bool_], *, classes: Sequence[str], bins: int = BINS
) -> Calibration:
    """Of probabilities and truth of one shape, classes last: frames `(clips, frames, classes)` or tags `(clips, classes)`."""
    if probabilities.shape != truth.shape or truth.shape[-1:] != (len(classes),):
        raise ValueError(f"probabilities {probabilities.shape} and truth {truth.shape} must be (..., {len(classes)})")
    found = {
        label: _class(probabilities[..., k].ravel(), truth[..., k].ravel(), bins) for k, label in enumerate(classes)
    }
    return Calibration(
        error=_mean([one.error for one in found.values()]),
        error_by_mass=_mean([one.error_by_mass for one in found.values()]),
        classes=found,
    )


def reliability(
    probabilities: Floats, truth: npt.NDArray[np.bool_], *, bins: int = BINS, binning: Binning = "width"
) -> tuple[Bin, ...]:
    """The reliability curve of one class, probabilities and truth `(cases,)`; empty bins are left out.

    width: bin b of B holds b/B < p ≤ (b+1)/B, and 0. mass: the cases in order of p are cut into B parts as equal as can
    be, and those with a probability equal to the first of a part go to that part.
    """
    if bins < 1 or np.isnan(probabilities).any() or ((probabilities < 0) | (probabilities > 1)).any():
        raise ValueError("there must be one bin or more, and probabilities must lie from 0 to 1")
    if not len(probabilities):
        return ()
    values = probabilities.astype(np.float64)
    if binning == "width":
        inner = np.arange(1, bins) / bins
        where = place_in_bins(values, bins=bins)
    else:
        inner = np.sort(values)[len(values) * np.arange(1, bins) // bins]
        where = np.searchsorted(inner, values, side="right")
    count = np.bincount(where, minlength=bins)
    predicted, observed = (np.bincount(where, weights=part, minlength=bins) for part in (values, truth))
    edges = np.concatenate([[0.0], inner, [1.0]])
    return tuple(
        Bin(
            float(edges[b]),
            float(edges[b + 1]),
            int(count[b]),
            float(predicted[b] / count[b]),
            float(observed[b] / count[b]),
        )
        for b in np.flatnonzero(count)
    )


def place_in_bins(values: npt.NDArray[np.float64], *, bins: int) -> npt.NDArray[np.int64]:
    """The number of each probability's bin of equal width, closed above; 0 lies in the first."""
    return np.searchsorted(np.arange(1, bins) / bins, values, side="left")


def error_of(curve: Sequence[Bin]) -> float | None:
    """ECE of a reliability curve, the equation above; None of an empty one."""
    cases = sum(one.count for one in curve)
    return sum(one.count * abs(one.observed - one.predicted) for one in curve) / cases if cases else None


def _class(probabilities: Floats, truth: npt.NDArray[np.bool_], bins: int) -> ClassCalibration:
    curve = reliability(probabilities, truth, bins=bins)
    return ClassCalibration(
        error=error_of(curve),
        error_by_mass=error_of(reliability(probabilities, truth, bins=bins, binning="mass")),
        cases=len(truth),
        positives=int(truth.sum()),
        curve=curve,
    )


def _mean(errors: Sequence[float | None]) -> float | None:
    known = [error for error in errors if error is not None]
    return sum(known) / len(known) if known else None
