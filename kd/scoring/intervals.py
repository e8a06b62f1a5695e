"""95 % intervals of scores, and of the difference of two systems scored on the same clips."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from kd.scoring.bootstrap import Floats, Sampled, Weights, mean_of_defined, sample_figures
from kd.scoring.counts import CellCounts, Policy

PERCENTILES = (2.5, 97.5)
NAMES = ("f1", "precision", "recall")


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and where 95 % of its resamples lie; None where undefined.

    seeds: the least and the greatest value of the single systems where several were averaged, else None.
    """

    value: float | None
    low: float | None
    high: float | None
    seeds: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """`{"value", "low", "high"}`, with several seeds `{"seeds": {"min", "max"}}` too."""
        seeds = {} if self.seeds is None else {"seeds": {"min": self.seeds[0], "max": self.seeds[1]}}
        return {"value": self.value, "low": self.low, "high": self.high, **seeds}


@dataclass(frozen=True, slots=True)
class Intervals:
    """Macro, micro and per-class intervals of F1, precision and recall, each by these names, and how they were drawn.

    makers: how many each class has, few: the classes with fewer than 5; None and none by clip.
    """

    macro: Mapping[str, Interval]
    micro: Mapping[str, Interval]
    classes: Mapping[str, Mapping[str, Interval]]
    by: Literal["clip", "maker"]
    resamples: int
    seed: int
    makers: Mapping[str, int] | None
    few: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """`{by, resamples, seed, makers, few_makers, macro: {f1: {value, low, high}, ...}, micro, classes}`; JSON-able."""
        return {
            "by": self.by,
            "resamples": self.resamples,
            "seed": self.seed,
            "makers": None if self.makers is None else dict(self.makers),
            "few_makers": list(self.few),
            "macro": _dicts(self.macro),
            "micro": _dicts(self.micro),
            "classes": {label: _dicts(part) for label, part in self.classes.items()},
        }


def interval(systems: Sequence[Sampled], *, against: Sequence[Sampled] = ()) -> Interval:
    """The interval of a single number; see `summary`."""
    return summary(systems, against=against)[()]


def summary(systems: Sequence[Sampled], *, against: Sequence[Sampled] = ()) -> dict[tuple[int, ...], Interval]:
    """The interval of each element of a statistic, by its index.

    Several systems, such as seeds of one training, are averaged inside each resample. With `against`, of the
    difference: systems minus these, in the same resamples; its `seeds` are the extremes over all pairs.
    Bounds are the 2.5 and 97.5 percentiles of the resamples in which the element is defined.
    """
    if not systems:
        raise ValueError("there is no system")
    if len({sampled.draws.shape for sampled in (*systems, *against)}) > 1:
        raise ValueError("the systems are sampled differently")
    points = np.stack([one.value for one in systems])
    draws = mean_of_defined(np.stack([one.draws for one in systems]))
    if against:
        others = np.stack([one.value for one in against])
        draws = draws - mean_of_defined(np.stack([one.draws for one in against]))
        value = mean_of_defined(points) - mean_of_defined(others)
        points = np.stack([a - b for a in points for b in others])
    else:
        value = mean_of_defined(points)
    return {at: _interval(float(value[at]), draws[:, *at], points[:, *at]) for at in np.ndindex(value.shape)}


def intervals(
    systems: Sequence[CellCounts],
    *,
    weights: Weights,
    against: Sequence[CellCounts] = (),
    empty: Policy = "zero_score",
) -> Intervals:
    """Intervals of every figure of `Counts.scores`; with `against`, of the differences to those systems.

    The difference of a class is defined where both have a figure; that of the macro figures is a difference of means.
    """
    truth = [one.tp + one.fn for one in (*systems, *against)]
    if any(not np.array_equal(other, truth[0]) for other in truth[1:]):
        raise ValueError("the systems were scored against different references")
    ours, theirs = ([sample_figures(one, weights=weights, empty=empty) for one in part] for part in (systems, against))
    found, units = summary(ours, against=theirs), weights.units
    columns = [{name: found[row, column] for row, name in enumerate(NAMES)} for column in range(2 + len(units.classes))]
    return Intervals(
        macro=columns[0],
        micro=columns[1],
        classes=dict(zip(units.classes, columns[2:], strict=True)),
        by=units.by,
        resamples=len(weights.values),
        seed=weights.seed,
        makers=units.makers,
        few=units.few,
    )


def marked(found: Any) -> Any:
    """The same with `excludes_zero` in every interval, None where it is undefined."""
    if not isinstance(found, dict):
        return found
    if "low" in found and "high" in found:
        low, high = found["low"], found["high"]
        return {**found, "excludes_zero": None if low is None or high is None else bool(low > 0 or high < 0)}
    return {key: marked(value) for key, value in found.items()}


def _interval(value: float, draws: Floats, points: Floats) -> Interval:
    draws, points = draws[~np.isnan(draws)], points[~np.isnan(points)]
    if math.isnan(value) or not len(draws):
        return Interval(None, None, None)
    low, high = np.percentile(draws, PERCENTILES)
    seeds = (float(points.min()), float(points.max())) if len(points) > 1 else None
    return Interval(value, float(low), float(high), seeds)


def _dicts(part: Mapping[str, Interval]) -> dict[str, Any]:
    return {name: each.to_dict() for name, each in part.items()}
