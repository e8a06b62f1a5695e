"""Polyphonic sound detection score (PSDS), exact over all thresholds, and for any multiset of the clips.

With the counts of `psds_cells` at a threshold t of class k, and time in hours,

    r_k(t) = found events / reference events
    e_k(t) = false alarms / clips' length + alpha_ct * mean over classes j != k of
             cross-triggers of j / summed length of the reference events of j

the PSD-ROC of class k is the staircase r_k(e) = the largest r_k(t) with e_k(t) <= e, and

    PSDS = mean over e from 0 to max_efpr of  max(mean_k r_k(e) - alpha_st * std_k r_k(e), 0)

A class without reference events cannot be found: it is left out, both of the mean and deviation over k and of the mean
over j, as if it were not among the classes. PSDS is undefined (None) where no class is left. Sources in `psds_cells`.
Equal to sed_scores_eval 0.0.4, which refuses classes without reference events.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kd.engines.local import cores
from kd.scoring import psd_roc_kernels
from kd.scoring.grid import FrameGrid
from kd.scoring.psds_cells import PSDS1, PSDS2, PsdsCells, PsdsParameters, psds_cells

if TYPE_CHECKING:
    from kd.corpus.tables import Event

__all__ = ["PSDS1", "PSDS2", "Psds", "PsdsParameters", "psds", "psds_cells", "psds_of", "psds_of_samples"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_AT_ONCE = 16  # samples that one thread takes at a time


@dataclass(frozen=True, slots=True, eq=False)
class PsdRoc:
    """A staircase: at `efpr[i]` effective false alarms per hour, and up to the next, the height is `tpr[i]`."""

    tpr: Floats
    efpr: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Psds:
    """PSDS, the area of each class (None without reference events), and the staircases they are areas of.

    roc: of the effective rate over classes, None where no class has events, ends at max_efpr; class_rocs: of the
    classes with events; joined: reference events that overlapped or touched another of their class and were joined.
    """

    value: float | None
    classes: Mapping[str, float | None]
    roc: PsdRoc | None
    class_rocs: Mapping[str, PsdRoc]
    joined: int


def psds(
    scores: npt.NDArray[np.floating],
    reference: Mapping[str, Sequence[Event]],
    *,
    clips: Sequence[str],
    grid: FrameGrid | Floats,
    classes: Sequence[str],
    parameters: PsdsParameters = PSDS1,
    windows: Sequence[int] | None = None,
    durations: Mapping[str, float] | None = None,
    workers: int | None = None,
) -> Psds:
    """PSDS with its curves. Arguments as in `psds_cells.psds_cells`."""
    cells = psds_cells(
        scores,
        reference,
        clips=clips,
        grid=grid,
        classes=classes,
        parameters=parameters,
        windows=windows,
        durations=durations,
        workers=workers,
    )
    most = parameters.max_efpr
    weights = _checked(np.ones((1, len(clips)), np.int64), cells)
    rates, events = _rates(cells, weights)
    value, by_class = _areas(cells, rates, events, 0)
    rocs = {label: _roc(rates[k][0], most) for k, label in enumerate(classes) if events[0, k]}
    return Psds(
        value=_defined(value),
        classes={label: _defined(area) for label, area in zip(classes, by_class, strict=True)},
        roc=_over_classes(list(rocs.values()), parameters) if rocs else None,
        class_rocs=rocs,
        joined=cells.joined,
    )


def psds_of(cells: PsdsCells, weights: npt.NDArray[np.integer] | None = None) -> float | None:
    """PSDS of a multiset of the clips, None where undefined; weights: see `psds_of_samples`, without its first axis."""
    ones = np.ones(len(cells.clips), np.int64)
    values, _ = psds_of_samples(cells, (ones if weights is None else weights)[np.newaxis], workers=1)
    return _defined(values[0])


def psds_of_samples(
    cells: PsdsCells, weights: npt.NDArray[np.integer], *, workers: int | None = None
) -> tuple[Floats, Floats]:
    """PSDS `(samples,)` and the classes' areas `(samples, classes)` of many multisets of the clips; NaN where undefined.

    weights: how often each clip counts, whole numbers, `(samples, clips)`, or, where each class takes clips of its own,
    `(samples, clips, classes)`: then rates, lengths and cross-triggers of a class are over its clips alone. The same
    as `psds` of scores and reference in which clips are repeated so often. Threads share the samples, `workers` at most
    (default: the cores at hand); the result does not depend on it.
    """
    wanted = _checked(weights, cells)
    values, by_class = np.empty(len(wanted)), np.empty((len(wanted), len(cells.classes)))

    def some(first: int) -> None:
        rates, events = _rates(cells, wanted[first : first + _AT_ONCE])
        for s in range(len(events)):
            values[first + s], by_class[first + s] = _areas(cells, rates, events, s)

    with ThreadPoolExecutor(max_workers=workers or cores()) as pool:
        list(pool.map(some, range(0, len(wanted), _AT_ONCE)))
    return values, by_class


def _checked(weights: npt.NDArray[np.integer], cells: PsdsCells) -> Ints:
    """Weights as `(samples, clips, 1 or classes)`."""
    wanted = weights[:, :, np.newaxis] if weights.ndim == 2 else weights
    if wanted.ndim != 3 or wanted.shape[1] != len(cells.clips) or wanted.shape[2] not in (1, len(cells.classes)):
        raise ValueError(f"weights are {weights.shape}, not (samples, clips) or (samples, clips, classes)")
    if not np.issubdtype(wanted.dtype, np.integer) or (wanted < 0).any():
        raise ValueError("weights must be whole numbers, 0 or more")
    return wanted.astype(np.int64, copy=False)


def _rates(cells: PsdsCells, weights: Ints) -> tuple[list[Floats], Ints]:
    """Of each class its least rates, `(samples, most events + 1)`, and the events, `(samples, classes)`."""
    events = np.empty((len(weights), len(cells.classes)), np.int64)
    rates = []
    for k, changes in enumerate(cells.changes):
        own = np.ascontiguousarray(weights[:, :, k if weights.shape[2] > 1 else 0])
        events[:, k] = own @ cells.events[:, k]
        false, cross = psd_roc_kernels.price_changes(
            own, cells.seconds, cells.event_seconds, k, cells.parameters.alpha_ct
        )
        rates.append(
            psd_roc_kernels.least_rates(
                changes.thresholds,
                changes.clips,
                changes.tp,
                changes.fp,
                changes.cross_starts,
                changes.cross_classes,
                changes.cross,
                np.ascontiguousarray(own.T),
                false,
                np.ascontiguousarray(cross.T),
                np.ascontiguousarray(events[:, k]),
            )
        )
    return rates, events


def _areas(cells: PsdsCells, rates: list[Floats], events: Ints, sample: int) -> tuple[float, Floats]:
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum([part.shape[1] for part in rates])))
    flat = np.concatenate([part[sample] for part in rates])
    return psd_roc_kernels.areas(flat, starts, events[sample], cells.parameters.alpha_st, cells.parameters.max_efpr)


def _roc(rates: Floats, most: float) -> PsdRoc:
    """The staircase of a class from its least rates `(events + 1,)`, up to and with the rate `most`."""
    reached = rates[rates <= most]
    last = np.flatnonzero(np.append(np.diff(reached) > 0, True))
    return PsdRoc(tpr=last / (len(rates) - 1), efpr=reached[last])


def _over_classes(rocs: Sequence[PsdRoc], parameters: PsdsParameters) -> PsdRoc:
    """max(mean - alpha_st * deviation, 0) of the classes' staircases, at every rate where one of them rises."""
    rates = np.unique(np.concatenate([roc.efpr for roc in rocs]))
    heights = np.array([roc.tpr[np.searchsorted(roc.efpr, rates, side="right") - 1] for roc in rocs])
    tpr = np.maximum(heights.mean(axis=0) - parameters.alpha_st * heights.std(axis=0), 0.0)
    return PsdRoc(tpr=np.append(tpr, tpr[-1]), efpr=np.append(rates, parameters.max_efpr))


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
