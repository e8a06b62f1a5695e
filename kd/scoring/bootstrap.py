"""Resampling of scored clips, and what a score becomes in each resample.

A resample is a weight for each cell, the number of times its unit was drawn, so that a score of counts is one matrix
product for all resamples. Source: B. Efron, "Bootstrap methods: another look at the jackknife", 1979; by block (cluster)
where cells share a maker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt

from kd.scoring.counts import CellCounts, Policy
from kd.scoring.units import Units

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Statistic = Callable[[Ints], npt.ArrayLike]


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """How often each cell is drawn: values int32 `(resamples, rows, clips)`, rows as in `Units.numbers`."""

    units: Units
    values: Ints
    seed: int

    def cells(self, resample: int) -> Ints:
        """The weights of one resample, `(clips, classes)`."""
        return np.broadcast_to(self.values[resample].T, (len(self.units.clips), len(self.units.classes)))


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """A statistic of any shape: its value, and draws `(resamples, *shape)`, the same in each resample. NaN: undefined."""

    value: Floats
    draws: Floats


def resample(*, units: Units, resamples: int = 1000, seed: int = 0) -> Weights:
    """As many units as there are, drawn with replacement, for each resample; the same seed, the same draws.

    By maker, each class for itself draws from one pool of its makers and of the clips where it does not occur, so that
    the number of makers varies too. Drawing the two apart would keep it, and never lose a class, but gives intervals
    that are too narrow: with 3 to 30 makers in simulation they held the truth less often than those of one pool, which
    themselves did so no more often than 95 %. Classes are drawn independently: what a clip or a maker has in common
    across classes does not show in macro and micro figures by maker.
    """
    if resamples < 1:
        raise ValueError(f"resamples must be 1 or more, not {resamples}")
    rng = np.random.default_rng(seed)
    values = np.empty((resamples, *units.numbers.shape), np.int32)
    for row, numbers in enumerate(units.numbers):
        values[:, row] = _draw(rng, resamples, int(numbers.max(initial=-1)) + 1)[:, numbers]
    return Weights(units, values, seed)


def sample_figures(cells: CellCounts, *, weights: Weights, empty: Policy = "zero_score") -> Sampled:
    """F1, precision and recall of counts: shape `(3, 2 + classes)`, columns macro, micro and then the classes.

    In each resample they are what `Counts.scores` gives of its counts: a class that has lost all its reference events
    is left out of the macro figures there, and its own are undefined.
    """
    units = weights.units
    if (cells.clips, cells.classes) != (units.clips, units.classes):
        raise ValueError("the counts and the weights are of different clips or classes")
    counts = np.stack([cells.tp, cells.fp, cells.fn], axis=1).astype(np.float64)  # (clips, 3, classes)
    return Sampled(figures(counts.sum(axis=0), empty=empty), figures(_totals(counts, weights), empty=empty))


def sample_statistic(statistic: Statistic, *, weights: Weights) -> Sampled:
    """Any statistic: a function of weights `(clips, classes)` that gives a number or an array, NaN where undefined."""
    whole = np.ones((len(weights.units.clips), len(weights.units.classes)), np.int32)
    draws = [np.asarray(statistic(weights.cells(r)), np.float64) for r in range(len(weights.values))]
    return Sampled(np.asarray(statistic(whole), np.float64), np.stack(draws))


def figures(counts: Floats, *, empty: Policy) -> Floats:
    """`Counts.scores` of many counts at once, to the last bit.

    counts: whole numbers `(..., 3, classes)`, hits, false alarms and misses. Returns `(..., 3, 2 + classes)`: F1,
    precision and recall by macro, micro and the classes; NaN where undefined.
    """
    if empty not in get_args(Policy):
        raise ValueError(f"empty must be one of {get_args(Policy)}, not {empty!r}")
    tp, fp, fn = (np.concatenate([part.sum(-1, keepdims=True), part], -1) for part in np.moveaxis(counts, -2, 0))
    undefined = 0.0 if empty == "zero" else np.nan
    precision = _ratio(tp, tp + fp, 0.0 if empty == "zero_score" else undefined)
    recall = _ratio(tp, tp + fn, undefined)
    nothing = (precision == 0) & (recall == 0)
    f1 = np.divide(2.0 * precision * recall, precision + recall, out=np.zeros_like(tp), where=~nothing)
    found = np.stack([f1, precision, recall], axis=-2)
    return np.concatenate([_mean(found[..., 1:], undefined), found], axis=-1)


def mean_of_defined(values: Floats) -> Floats:
    """The mean over the first axis of what is defined, else NaN."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    mean: Floats = np.divide(total, known.sum(axis=0), out=np.full(total.shape, np.nan), where=known.any(axis=0))
    return mean


def _draw(rng: np.random.Generator, resamples: int, units: int) -> npt.NDArray[np.int64]:
    """How often each of `units` units comes up in `units` draws, `(resamples, units)`."""
    if not units:
        return np.zeros((resamples, 0), np.int64)
    draws = rng.integers(0, units, size=(resamples, units)) + np.arange(0, resamples * units, units)[:, np.newaxis]
    return np.bincount(draws.ravel(), minlength=resamples * units).reshape(resamples, units)


def _totals(counts: Floats, weights: Weights) -> Floats:
    """Counts `(clips, 3, classes)` summed under each weight: `(resamples, 3, classes)`; whole numbers stay exact."""
    clips, _, classes = counts.shape
    if weights.units.by == "clip":
        return (weights.values[:, 0].astype(np.float64) @ counts.reshape(clips, 3 * classes)).reshape(-1, 3, classes)
    return np.stack([weights.values[:, k].astype(np.float64) @ counts[:, :, k] for k in range(classes)], axis=-1)


def _ratio(above: Floats, below: Floats, otherwise: float) -> Floats:
    return np.divide(above, below, out=np.full_like(above, otherwise), where=below > 0)


def _mean(values: Floats, otherwise: float) -> Floats:
    """The mean over the last axis of what is defined, kept as an axis; summed as numpy's nanmean does."""
    known = ~np.isnan(values)
    return _ratio(
        np.sum(np.where(known, values, 0.0), axis=-1, keepdims=True),
        np.sum(known, axis=-1, keepdims=True).astype(np.float64),
        otherwise,
    )
