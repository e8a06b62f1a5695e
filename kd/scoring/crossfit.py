"""Choosing on one half of the cells and scoring on the other, both ways: what is chosen and scored is never the same.

For use where one set has to serve both ends. Scores on the very cells that were chosen on are too good; how much so is
the optimism, the first minus the second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from kd.scoring.bootstrap import Weights
from kd.scoring.counts import CellCounts, Policy, f1_of
from kd.scoring.intervals import Intervals, intervals
from kd.scoring.units import Units

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Halves:
    """masks: `(2, clips, classes)`, each cell in one of the two.

    uneven: classes with reference events in one half only, or none, because one unit has them all: on the other half
    there is nothing to choose by.
    """

    masks: Bools
    uneven: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CrossFit(Generic[T]):
    """chosen: on all cells, and same: its counts; chosen_on: on each half, and counts_on: all cells counted under each."""

    halves: Halves
    chosen: T
    chosen_on: tuple[T, T]
    same: CellCounts
    counts_on: tuple[CellCounts, CellCounts]

    @property
    def comparable(self) -> CellCounts:
        """`same` without the classes that cannot be halved: these count nothing, so that their figures are undefined."""
        return self._halvable(self.same.tp, self.same.fp, self.same.fn)

    @property
    def crossed(self) -> CellCounts:
        """Each half's cells, counted under what was chosen on the other; nothing of classes that cannot be halved."""
        first, (of_first, of_second) = self.halves.masks[0], self.counts_on
        tp, fp, fn = (
            np.where(first, two, one)
            for one, two in (
                (of_first.tp, of_second.tp),
                (of_first.fp, of_second.fp),
                (of_first.fn, of_second.fn),
            )
        )
        return self._halvable(tp, fp, fn)

    def _halvable(self, tp: Ints, fp: Ints, fn: Ints) -> CellCounts:
        kept = np.array([label not in self.halves.uneven for label in self.same.classes])
        return CellCounts(clips=self.same.clips, classes=self.same.classes, tp=tp * kept, fp=fp * kept, fn=fn * kept)

    def f1_on(self, half: int) -> Floats:
        """F1 of each class on a half's own cells, as chosen there: `(classes,)`, 0 where undefined."""
        mask, counts = self.halves.masks[half], self.counts_on[half]
        tp, fp, fn = ((part * mask).sum(axis=0) for part in (counts.tp, counts.fp, counts.fn))
        return f1_of(tp=tp, fp=fp, fn=fn)


def halve(*, units: Units, events: Ints, seed: int = 0) -> Halves:
    """Two halves of each class's cells, for each class by itself; a unit stays whole. The same seed, the same halves.

    events: how many reference events each cell has, `(clips, classes)`. Units with most events go first, equal ones in
    random order, each to the half with fewer events so far, or fewer cells; so both halves have events where two units
    do. Units without events are then dealt out apart, so that both halves have about equally many of them too.
    """
    if events.shape != (len(units.clips), len(units.classes)):
        raise ValueError(f"events are {events.shape}, not {(len(units.clips), len(units.classes))}")
    rng = np.random.default_rng(seed)
    masks, uneven = np.zeros((2, *events.shape), np.bool_), []
    for k, label in enumerate(units.classes):
        unit = units.row(k)
        cells = np.bincount(unit)
        held = np.bincount(unit, weights=events[:, k]).astype(np.int64)
        side, order = np.zeros(len(held), np.int64), rng.permutation(len(held))
        full = order[held[order] > 0]
        with_events = _share(side, full[np.argsort(-held[full], kind="stable")], held, cells)
        _share(side, order[held[order] == 0], held, cells)
        masks[0, :, k], masks[1, :, k] = side[unit] == 0, side[unit] == 1
        if min(with_events) == 0:
            uneven.append(label)
    return Halves(masks, tuple(uneven))


def crossfit(*, halves: Halves, choose: Callable[[Bools], T], count: Callable[[T], CellCounts]) -> CrossFit[T]:
    """Choose on everything and on each half, and count.

    choose: what is chosen by looking at no other cells than those of a mask `(clips, classes)`, for each class by
    itself: operating points, a candidate, or both; halves differ from class to class, so that a choice made over classes
    together would see cells it is scored on. count: the counts of all cells under a choice.
    """
    first, second = halves.masks
    chosen, on_first, on_second = (choose(mask) for mask in (first | second, first, second))
    same, of_first, of_second = (count(choice) for choice in (chosen, on_first, on_second))
    return CrossFit(halves, chosen, (on_first, on_second), same, (of_first, of_second))


def crossfit_champions(fits: Sequence[CrossFit[T]], *, by: Sequence[CrossFit[T]] | None = None) -> CrossFit[Ints]:
    """Of several candidates, each class's best: on all cells and on each half, the first among equals.

    by: candidates' fits by which the best are found (default: the same); the choice is the candidate's number,
    `(classes,)`.
    """
    by = by or fits
    whole = np.stack([f1_of(tp=t.tp, fp=t.fp, fn=t.fn) for t in (fit.same.total() for fit in by)]).argmax(axis=0)
    first, second = (np.stack([fit.f1_on(half) for fit in by]).argmax(axis=0) for half in (0, 1))
    counts = [
        columns_of([fit.counts_on[half] for fit in fits], which=which) for half, which in ((0, first), (1, second))
    ]
    same = columns_of([fit.same for fit in fits], which=whole)
    return CrossFit(fits[0].halves, whole, (first, second), same, (counts[0], counts[1]))


def optimism(fits: Sequence[CrossFit[T]], *, weights: Weights, empty: Policy = "zero_score") -> Intervals:
    """Same-set minus cross-fitted figures, with intervals; several fits, such as seeds of the halves, are averaged.

    Of the classes that can be halved. Resampled are the cells; the choices stay as they were made on the whole.
    """
    same, crossed = [fit.comparable for fit in fits], [fit.crossed for fit in fits]
    return intervals(same, weights=weights, against=crossed, empty=empty)


def columns_of(candidates: Sequence[CellCounts], *, which: Sequence[int] | Ints) -> CellCounts:
    """The counts of the candidate that was chosen for each class, from counts of the same clips and classes."""
    first, columns = candidates[0], range(len(which))
    tp, fp, fn = (
        np.stack([part[c][:, k] for k, c in zip(columns, which, strict=True)], axis=1)
        for part in ([one.tp for one in candidates], [one.fp for one in candidates], [one.fn for one in candidates])
    )
    return CellCounts(clips=first.clips, classes=first.classes, tp=tp, fp=fp, fn=fn)


def _share(side: Ints, order: Ints, events: Ints, cells: Ints) -> tuple[int, int]:
    """Put units, in this order, on the side with fewer events, then fewer cells; the events of both sides."""
    load = [(0, 0), (0, 0)]
    for unit in order:
        side[unit] = half = int(load[1] < load[0])
        load[half] = (load[half][0] + int(events[unit]), load[half][1] + int(cells[unit]))
    return load[0][0], load[1][0]
