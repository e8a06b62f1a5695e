"""Intervals of all headline numbers of a system, or of its difference to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from kd.errors import UserError
from kd.scoring.bootstrap import Sampled, Weights, resample
from kd.scoring.intervals import interval, intervals
from kd.scoring.measure import KINDS, PSDS, WITH_ERROR_RATE, Measured, Rules
from kd.scoring.resampled import (
    Errors,
    binned,
    sample_average_precision,
    sample_calibration,
    sample_error_rate,
    sample_psds,
)
from kd.scoring.system import System
from kd.scoring.units import units_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How intervals are drawn. resamples: 0 draws none; unit: `auto` is by maker where makers are known, else by clip."""

    resamples: int = 1000
    unit: Literal["auto", "clip", "maker"] = "auto"
    seed: int = 0


def draw(system: System, *, sampling: Sampling) -> Weights | None:
    """The resamples of a system's clips, or of its makers; None where none are asked for.

    Raises UserError where it is to be by maker and nothing tells who made the events.
    """
    if sampling.unit == "maker" and system.makers is None:
        raise UserError(
            "unit=maker, but nothing tells who made the sounds",
            "give the reference table a column maker, or a twin in sources/; or unit=clip",
        )
    if not sampling.resamples:
        return None
    makers = None if sampling.unit == "clip" else system.makers
    units = units_of(clips=system.clips, classes=system.classes, makers=makers)
    return resample(units=units, resamples=sampling.resamples, seed=sampling.seed)


def bounds(
    systems: Sequence[Measured], *, weights: Weights, rules: Rules, against: Sequence[Measured] = ()
) -> dict[str, Any]:
    """95 % intervals of the figures of a system, or, with `against`, of its figures minus another's.

    Several, such as seeds of one training, are averaged inside each resample (see `intervals.summary`).
    `Intervals.to_dict()` of the event-based figures, and beside them `segment_based` and `tagging`, `{macro, micro}`;
    `psds1`, `psds2`, `average_precision` (macro), `calibration_error`, `{value, low, high}`, None where there are no
    scores; and `error_rate`, `{event_based, segment_based}` of the overall rates, None by maker.
    """
    found: dict[str, Any] = {}
    for kind in KINDS:
        ours, theirs = ([one.cells[kind] for one in side] for side in (systems, against))
        drawn = intervals(ours, weights=weights, against=theirs, empty=rules.policy(kind)).to_dict()
        if kind == "event_based":
            found = drawn
        else:
            found[kind] = {name: drawn[name] for name in ("macro", "micro")}
    mine, other = ([_samples(one, weights) for one in side] for side in (systems, against))
    singles: dict[str, Any] = {
        name: interval([one[name] for one in mine], against=[one[name] for one in other]).to_dict()
        for name in mine[0]
        if all(name in one for one in (*mine, *other))
    }
    for name in (*PSDS, "average_precision", "calibration_error"):
        found[name] = singles.get(name)
    rates = {kind: singles.get(f"error_rate {kind}") for kind in WITH_ERROR_RATE}
    return {**found, "error_rate": rates if weights.units.by == "clip" else None}


def _samples(system: Measured, weights: Weights) -> dict[str, Sampled]:
    """The scores that are single numbers, as far as the system has them."""
    found = {name: sample_psds(cells, weights=weights) for name, cells in system.psds.items()}
    if system.ranking is not None:
        found["average_precision"] = sample_average_precision(
            system.ranking.targets, system.ranking.highest, weights=weights
        )
    if system.frames is not None:
        frames = binned(system.frames.probabilities, system.frames.truth, system.frames.there)
        found["calibration_error"] = sample_calibration(frames, weights=weights)
    if weights.units.by == "clip":
        for kind in WITH_ERROR_RATE:
            found[f"error_rate {kind}"] = sample_error_rate(_errors(system, kind), weights=weights)
    return found


def _errors(system: Measured, kind: str) -> Errors:
    """A wrong label at the right time is one error, not a miss and a false alarm."""
    cells = system.cells[kind]
    errors = (cells.fn + cells.fp).sum(axis=1) - system.substituted[kind]
    return Errors(errors.astype(np.float64), (cells.tp + cells.fn).sum(axis=1).astype(np.float64))
