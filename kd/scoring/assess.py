"""All scores of one system, JSON-able: fractions, None where a system cannot have them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from kd.scoring.average_precision import average_precision
from kd.scoring.calibration import calibration
from kd.scoring.error_rate import event_error_rates, segment_error_rates
from kd.scoring.frame_truth import frame_truth
from kd.scoring.measure import PSDS, Measured, Rules, Sampling, bounds, draw, measure
from kd.scoring.psds import psds_of_samples
from kd.scoring.system import System


def assess(system: System, *, rules: Rules | None = None, sampling: Sampling | None = None) -> dict[str, Any]:
    """Every score of a system.

    event_based, segment_based, tagging: `Scores.to_dict()`; error_rate: of events and segments; psds1, psds2: fractions,
    psds_by_class their areas by class; average_precision: of clips; calibration: of frames, `Calibration.to_dict()`;
    intervals: see `measure.bounds`, None without resamples; settings: how all this came about, with notes.
    """
    rules, sampling = rules or Rules(), sampling or Sampling()
    weights = draw(system, sampling=sampling)
    measured = measure(system, rules=rules)
    calibrated, notes = _calibration(system)
    return {
        **figures(measured, rules=rules),
        "error_rate": _error_rates(system, rules),
        "average_precision": _average_precision(system),
        "calibration": calibrated,
        "intervals": None if weights is None else bounds(measured, weights=weights, rules=rules),
        "settings": {
            **(system.about or {}),
            **settings_of(measured, rules=rules),
            "notes": [*system.notes, *notes, *joined_note([measured])],
        },
    }


def figures(measured: Measured, *, rules: Rules) -> dict[str, Any]:
    """The scores that are made of counts: event_based, segment_based, tagging, psds1, psds2, psds_by_class."""
    found: dict[str, Any] = {
        kind: cells.total().scores(empty=rules.policy(kind)).to_dict() for kind, cells in measured.cells.items()
    }
    by_class: dict[str, dict[str, float | None]] = {}
    for name in PSDS:
        found[name] = None
        if name in measured.psds:
            cells = measured.psds[name]
            values, areas = psds_of_samples(cells, np.ones((1, len(cells.clips)), np.int64), workers=1)
            found[name] = _defined(values[0])
            by_class[name] = {label: _defined(area) for label, area in zip(cells.classes, areas[0], strict=True)}
    return {**found, "psds_by_class": by_class or None}


def settings_of(measured: Measured, *, rules: Rules) -> dict[str, Any]:
    """Rules, and the numbers of clips and events."""
    events = measured.cells["event_based"]
    return {
        **rules.to_dict(),
        "clips": len(events.clips),
        "reference_events": int((events.tp + events.fn).sum()),
        "predicted_events": int((events.tp + events.fp).sum()),
        "psds": {name: asdict(cells.parameters) for name, cells in measured.psds.items()} or None,
    }


def joined_note(systems: Sequence[Measured]) -> list[str]:
    """A note where PSDS took reference events of one class for one."""
    joined = max((cells.joined for one in systems for cells in one.psds.values()), default=0)
    return (
        [f"reference events that overlap or touch another of their class, joined for PSDS: {joined}"] if joined else []
    )


def _error_rates(system: System, rules: Rules) -> dict[str, Any]:
    arguments: dict[str, Any] = {"clips": system.clips, "classes": system.classes}
    return {
        "event_based": asdict(event_error_rates(system.reference, system.events, **arguments, collars=rules.collars)),
        "segment_based": asdict(
            segment_error_rates(system.reference, system.events, **arguments, resolution=rules.resolution)
        ),
    }


def _average_precision(system: System) -> dict[str, Any] | None:
    """Of each clip's highest frame score, before any median, against whether the class occurs in the clip."""
    if system.scores is None:
        return None
    tags = [{event.label for event in system.reference.get(clip, ())} for clip in system.clips]
    targets = np.array([[label in own for label in system.classes] for own in tags], np.bool_)
    highest = system.scores.values.max(axis=1)
    found = average_precision(targets=targets.reshape(highest.shape), probabilities=highest, classes=system.classes)
    return {"macro": found.macro, "classes": dict(found.classes), "of": "each clip's highest frame score"}


def _calibration(system: System) -> tuple[dict[str, Any] | None, list[str]]:
    """Of all frames that have a length, before any median; None, and a note, where scores are no probabilities."""
    if system.scores is None:
        return None, []
    there = system.scores.there()
    values = system.scores.values[there]
    if values.min() < 0 or values.max() > 1:
        return None, [f"no calibration: scores from {values.min():g} to {values.max():g} are no probabilities"]
    truth = frame_truth(system.reference, clips=system.clips, classes=system.classes, grid=system.scores.grid)
    return calibration(values, truth[there], classes=system.classes).to_dict(), []


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
