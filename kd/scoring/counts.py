"""From hits, misses and false alarms to F1, precision and recall: per class, macro and micro, as sed_eval has them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypedDict, get_args

import numpy as np
import numpy.typing as npt

Policy = Literal["zero_score", "undefined", "zero"]
Ints = npt.NDArray[np.int64]


class FiguresDict(TypedDict):
    """Three fractions; None where undefined."""

    f1: float | None
    precision: float | None
    recall: float | None


class ScoresDict(TypedDict):
    """What `Scores.to_dict` gives: JSON-able."""

    macro: FiguresDict
    micro: FiguresDict
    classes: dict[str, FiguresDict]


@dataclass(frozen=True, slots=True)
class Figures:
    """F1, precision and recall as fractions; None where undefined."""

    f1: float | None
    precision: float | None
    recall: float | None

    def to_dict(self) -> FiguresDict:
        """The three by name."""
        return {"f1": self.f1, "precision": self.precision, "recall": self.recall}


@dataclass(frozen=True, slots=True)
class Scores:
    """Macro and micro figures, and those of each class, with the totals they were computed from."""

    macro: Figures
    micro: Figures
    classes: Mapping[str, Figures]
    counts: Counts

    def to_dict(self) -> ScoresDict:
        """`{"macro": {f1, precision, recall}, "micro": {...}, "classes": {Class: {...}}}`; None, never NaN."""
        return {
            "macro": self.macro.to_dict(),
            "micro": self.micro.to_dict(),
            "classes": {label: figures.to_dict() for label, figures in self.classes.items()},
        }


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Hits (tp), false alarms (fp) and misses (fn) per class, int64 `(classes,)`."""

    classes: tuple[str, ...]
    tp: Ints
    fp: Ints
    fn: Ints

    def scores(self, *, empty: Policy = "zero_score") -> Scores:
        """The figures of these counts.

        P = tp / (tp + fp), R = tp / (tp + fn), F1 = 2 P R / (P + R), or 0 where P = R = 0. Micro: of the summed
        counts. Macro: the mean over classes, separately for F1, P and R, each over the classes where it is defined.

        empty: "zero_score" as in sed_eval: a class without predictions has P = 0, a class without reference events has
        no recall and no F1 and is left out of those means (even with false alarms); "undefined", sed_eval's own
        default: a class without predictions is left out of the means as well; "zero": whatever is undefined is 0.
        """
        if empty not in get_args(Policy):
            raise ValueError(f"empty must be one of {get_args(Policy)}, not {empty!r}")
        rows = zip(self.tp.tolist(), self.fp.tolist(), self.fn.tolist(), strict=True)
        figures = [_figures(tp, fp, fn, empty) for tp, fp, fn in rows]
        micro = _figures(int(self.tp.sum()), int(self.fp.sum()), int(self.fn.sum()), empty)
        macro = tuple(_mean([row[i] for row in figures], empty) for i in range(3))
        return Scores(
            macro=_as_figures(macro),
            micro=_as_figures(micro),
            classes={label: _as_figures(row) for label, row in zip(self.classes, figures, strict=True)},
            counts=self,
        )


@dataclass(frozen=True, slots=True, eq=False)
class CellCounts:
    """The same counts for each clip and class, int64 `(clips, classes)`: what a bootstrap resamples."""

    clips: tuple[str, ...]
    classes: tuple[str, ...]
    tp: Ints
    fp: Ints
    fn: Ints

    def total(self) -> Counts:
        """Summed over clips."""
        return Counts(self.classes, self.tp.sum(axis=0), self.fp.sum(axis=0), self.fn.sum(axis=0))


def f1_of(*, tp: Ints, fp: Ints, fn: Ints) -> npt.NDArray[np.float64]:
    """F1 = 2 tp / (2 tp + fp + fn) for arrays of counts of one shape; 0 where all three are 0."""
    below = 2 * tp + fp + fn
    f1 = np.zeros(below.shape, np.float64)
    np.divide(2 * tp, below, out=f1, where=below > 0)
    return f1


def _figures(tp: int, fp: int, fn: int, empty: Policy) -> tuple[float, float, float]:
    """(F1, P, R) with NaN for undefined; the operations and their order are those of sed_eval's `metric.py`."""
    estimated, referenced = tp + fp, tp + fn
    undefined = 0.0 if empty == "zero" else math.nan
    precision = tp / estimated if estimated else 0.0 if empty == "zero_score" else undefined
    recall = tp / referenced if referenced else undefined
    if precision == 0 and recall == 0:
        return 0.0, precision, recall
    return 2.0 * precision * recall / (precision + recall), precision, recall


def _mean(values: list[float], empty: Policy) -> float:
    """The mean of what is defined, summed as numpy's nanmean does."""
    if all(math.isnan(value) for value in values):
        return 0.0 if empty == "zero" else math.nan
    return float(np.nanmean(values))


def _as_figures(values: tuple[float, ...]) -> Figures:
    f1, precision, recall = (None if math.isnan(value) else value for value in values)
    return Figures(f1, precision, recall)
