"""All scores of one system, JSON-able: fractions, None where a system cannot have them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from kd.scoring.average_precision import average_precision
from kd.scoring.calibration import calibration
from kd.scoring.error_rate import rates
from kd.scoring.headline import Sampling, bounds, draw
from kd.scoring.measure import PSDS, WITH_ERROR_RATE, Frames, Measured, Ranking, Rules, measure
from kd.scoring.mistakes import mistakes
from kd.scoring.psds import psds_of_samples
from kd.scoring.system import System


def assess(system: System, *, rules: Rules | None = None, sampling: Sampling | None = None) -> dict[str, Any]:
    """Every score of a system.

    The figures of `figures`; mistakes: `Mistakes.to_dict()` of each class; intervals: see `headline.bounds`, None without
    resamples; settings: how all this came about, with notes.
    """
    rules, sampling = rules or Rules(), sampling or Sampling()
    weights = draw(system, sampling=sampling)
    measured = measure(system, rules=rules)
    return {
        **figures(measured, rules=rules),
        "mistakes": {label: each.to_dict() for label, each in mistakes(system, collars=rules.collars).items()},
        "intervals": None if weights is None else bounds([measured], weights=weights, rules=rules),
        "settings": {
            **(system.about or {}),
            **settings_of(measured, rules=rules),
            "notes": [*system.notes, *_no_probabilities(system, measured), *joined_note([measured])],
        },
    }


def figures(measured: Measured, *, rules: Rules) -> dict[str, Any]:
    """event_based, segment_based, tagging: `Scores.to_dict()`; error_rate: of events and segments; psds1, psds2:
    fractions, psds_by_class their areas by class; average_precision: of clips; calibration: of frames,
    `Calibration.to_dict()`, and the same at a model's temperatures as `tempered`.
    """
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
    classes = measured.cells["event_based"].classes
    return {
        **found,
        "psds_by_class": by_class or None,
        "error_rate": {
            kind: asdict(rates(measured.cells[kind], substituted=measured.substituted[kind]))
            for kind in WITH_ERROR_RATE
        },
        "average_precision": None if measured.ranking is None else _average_precision(measured.ranking, classes),
        "calibration": None if measured.frames is None else _calibration(measured.frames, classes),
    }


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


def _no_probabilities(system: System, measured: Measured) -> list[str]:
    if system.scores is None or measured.frames is not None:
        return []
    low, high = system.scores.range()
    return [f"no calibration: scores from {low:g} to {high:g} are no probabilities"]


def _average_precision(ranking: Ranking, classes: Sequence[str]) -> dict[str, Any]:
    found = average_precision(targets=ranking.targets, probabilities=ranking.highest, classes=classes)
    return {"macro": found.macro, "classes": dict(found.classes), "of": "each clip's highest frame score"}


def _calibration(frames: Frames, classes: Sequence[str]) -> dict[str, Any]:
    there, truth = frames.there, frames.truth[frames.there]
    found = calibration(frames.probabilities[there], truth, classes=classes).to_dict()
    tempered = (
        None if frames.tempered is None else calibration(frames.tempered[there], truth, classes=classes).to_dict()
    )
    return {**found, "tempered": tempered}


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
