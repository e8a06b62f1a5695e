"""A system measured: the counts that all its scores, and their resamples, are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from kd.errors import UserError
from kd.scoring.bootstrap import Sampled, Weights, resample
from kd.scoring.counts import CellCounts, Policy
from kd.scoring.event_f1 import event_cells
from kd.scoring.intervals import interval, intervals
from kd.scoring.matching import Collars
from kd.scoring.psds import PSDS1, PSDS2, psds_cells, psds_of_samples
from kd.scoring.psds_cells import PsdsCells
from kd.scoring.segment_f1 import segment_cells
from kd.scoring.system import System
from kd.scoring.tagging_f1 import tagging_cells
from kd.scoring.units import clip_units, maker_units

KINDS = ("event_based", "segment_based", "tagging")
PSDS = {"psds1": PSDS1, "psds2": PSDS2}
_AT_ONCE = 100  # resamples whose weights are copied at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What counts. resolution: seconds of a segment; empty: the policy for classes without predictions or reference
    events (see `Counts.scores`), None: sed_eval's, `zero_score` for events and tags, `undefined` for segments.
    """

    collars: Collars = field(default_factory=Collars)
    empty: Policy | None = None
    resolution: float = 1.0

    def policy(self, kind: str) -> Policy:
        """The policy of one of KINDS."""
        return self.empty or ("undefined" if kind == "segment_based" else "zero_score")

    def to_dict(self) -> dict[str, Any]:
        """`{collars: {...}, empty_class: {...}, resolution}`."""
        return {
            "collars": {name: float(value) for name, value in asdict(self.collars).items()},
            "empty_class": {kind: self.policy(kind) for kind in KINDS},
            "resolution": float(self.resolution),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How intervals are drawn. resamples: 0 draws none; unit: `auto` is by maker where makers are known, else by clip."""

    resamples: int = 1000
    unit: Literal["auto", "clip", "maker"] = "auto"
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Counts of each clip and class by kind, and what PSDS is made of, by name; empty where there are no scores."""

    cells: Mapping[str, CellCounts]
    psds: Mapping[str, PsdsCells]


def measure(system: System, *, rules: Rules) -> Measured:
    """The counts of a system under some rules. PSDS is of the scores after the system's median windows."""
    arguments: dict[str, Any] = {
        "reference": system.reference,
        "predicted": system.events,
        "clips": system.clips,
        "classes": system.classes,
    }
    tags = {
        name: {clip: {event.label for event in table.get(clip, ())} for clip in system.clips}
        for name, table in (("reference", system.reference), ("predicted", system.events))
    }
    cells = {
        "event_based": event_cells(**arguments, collars=rules.collars),
        "segment_based": segment_cells(**arguments, resolution=rules.resolution),
        "tagging": tagging_cells(**tags, clips=system.clips, classes=system.classes),
    }
    return Measured(cells, {} if system.scores is None else _psds(system))


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
    if system.makers is None or sampling.unit == "clip":
        units = clip_units(clips=system.clips, classes=system.classes)
    else:
        units = maker_units(clips=system.clips, classes=system.classes, makers=system.makers)
    return resample(units=units, resamples=sampling.resamples, seed=sampling.seed)


def bounds(system: Measured, *, weights: Weights, rules: Rules, against: Measured | None = None) -> dict[str, Any]:
    """95 % intervals of a system's figures, or, with `against`, of its figures minus the other's.

    `Intervals.to_dict()` of the event-based figures, and beside them `segment_based` and `tagging`, `{macro, micro}`, and
    `psds1` and `psds2`, `{value, low, high}`, None where a system has no scores.
    """
    others = () if against is None else (against,)
    found: dict[str, Any] = {}
    for kind in KINDS:
        part = intervals(
            [system.cells[kind]],
            weights=weights,
            against=[other.cells[kind] for other in others],
            empty=rules.policy(kind),
        ).to_dict()
        if kind == "event_based":
            found |= part
        else:
            found[kind] = {name: part[name] for name in ("macro", "micro")}
    for name in PSDS:
        known = all(name in one.psds for one in (system, *others))
        found[name] = (
            interval(
                [sample_psds(system.psds[name], weights)],
                against=[sample_psds(other.psds[name], weights) for other in others],
            ).to_dict()
            if known
            else None
        )
    return found


def sample_psds(cells: PsdsCells, weights: Weights) -> Sampled:
    """PSDS and its resamples, `()`; by maker each class takes clips of its own (see `psds.psds_of_samples`)."""
    whole, _ = psds_of_samples(cells, np.ones((1, len(cells.clips)), np.int64), workers=1)
    drawn = weights.values[:, 0] if weights.units.by == "clip" else weights.values.transpose(0, 2, 1)
    parts = [psds_of_samples(cells, drawn[first : first + _AT_ONCE])[0] for first in range(0, len(drawn), _AT_ONCE)]
    return Sampled(np.asarray(whole[0]), np.concatenate(parts))


def _psds(system: System) -> dict[str, PsdsCells]:
    assert system.scores is not None
    smooth = system.scores.smooth()
    return {
        name: psds_cells(
            smooth,
            system.reference,
            clips=system.clips,
            grid=system.scores.grid,
            classes=system.classes,
            parameters=parameters,
        )
        for name, parameters in PSDS.items()
    }
