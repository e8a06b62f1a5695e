"""Average precision: how well probabilities rank the clips that hold a class, over all thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class AveragePrecision:
    """macro: mean average precision, over the classes that occur; classes: of each, None where it does not occur."""

    macro: float | None
    classes: Mapping[str, float | None]


def average_precision(
    *, targets: npt.ArrayLike, probabilities: npt.ArrayLike, classes: Sequence[str]
) -> AveragePrecision:
    """Average precision of each class, and its mean.

    targets: `(clips, classes)`, 0 or 1; probabilities: `(clips, classes)`, any scores. As scikit-learn's
    `average_precision_score` has it, without interpolation: with the clips tagged where probability >= threshold,

        AP = sum over the distinct thresholds, falling, of (R_n - R_{n-1}) * P_n

    P precision, R recall. Deviation: scikit-learn gives 0 to a class that no clip holds; here it is undefined and left
    out of the mean, as in the macro F1.
    """
    truth, given = np.asarray(targets).astype(np.bool_), np.asarray(probabilities)
    if truth.shape != given.shape or truth.ndim != 2 or truth.shape[1] != len(classes):
        raise ValueError(f"targets {truth.shape} and probabilities {given.shape} must be (clips, {len(classes)})")
    if np.isnan(given).any():
        raise ValueError("probabilities hold NaN")
    found = [_of_class(truth[:, k], given[:, k]) for k in range(len(classes))]
    defined = [value for value in found if value is not None]
    return AveragePrecision(
        macro=float(np.mean(defined)) if defined else None, classes=dict(zip(classes, found, strict=True))
    )


def falling(given: npt.NDArray[np.generic]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Scores `(clips,)` in falling order, as indices, and where in it each distinct score stands last."""
    order = np.argsort(given, kind="stable")[::-1]
    ordered = given[order]
    return order, np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))


def _of_class(truth: npt.NDArray[np.bool_], given: npt.NDArray[np.generic]) -> float | None:
    if not truth.any():
        return None
    order, ends = falling(given)
    hits = np.cumsum(truth[order])[ends]
    return float((np.diff(hits, prepend=0) * (hits / (ends + 1))).sum() / hits[-1])
