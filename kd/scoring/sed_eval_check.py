"""Event- and segment-based scores once more, by the sed_eval package: any difference is an error."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

from kd.errors import UserError
from kd.scoring.measure import Rules, measure
from kd.scoring.system import System

NAMES = {"f1": "f_measure", "precision": "precision", "recall": "recall"}
COUNTS = {"hits": ("tp", "Ntp"), "false alarms": ("fp", "Nfp"), "misses": ("fn", "Nfn")}
TIMES = "sed_eval has one collar for onsets and offsets"


def check_rules(rules: Rules) -> None:
    """Raises UserError where sed_eval has no such rule."""
    collars = rules.collars
    if collars.tolerance:
        raise UserError(
            f"tolerance={collars.tolerance:g}: sed_eval has no such thing", "leave out check= or tolerance="
        )
    if collars.onset_collar != collars.offset_collar:
        raise UserError(
            f"onset_collar={collars.onset_collar:g}, offset_collar={collars.offset_collar:g}: {TIMES}",
            "give both the same, or leave out check=",
        )
    if rules.empty in ("zero", "zero_score"):
        where = "" if rules.empty == "zero" else " for segments"
        raise UserError(
            f"empty_class={rules.empty}: sed_eval has no such thing{where}",
            "leave out check=, or take empty_class=default or undefined",
        )


def check(system: System, *, rules: Rules) -> int:
    """How many numbers were compared, all the same to the last bit: counts, F1, precision and recall.

    Class by class, macro and micro, by events and by segments. Raises UserError for rules that sed_eval does not have,
    for the first number that differs, and where the package is absent.
    """
    check_rules(rules)
    cells, compared = measure(system.without_scores(), rules=rules).cells, 0
    for kind, metric in _metrics(system, rules).items():
        ours = cells[kind].total()
        scores, results = ours.scores(empty=rules.policy(kind)), _judged(metric, system)
        pairs = [("macro", scores.macro, results["class_wise_average"]["f_measure"])]
        pairs += [("micro", scores.micro, results["overall"]["f_measure"])]
        pairs += [(c, scores.classes[c], results["class_wise"][c]["f_measure"]) for c in system.classes]
        for where, figures, theirs in pairs:
            for name, key in NAMES.items():
                compared += _same(f"{kind} {name} of {where}", getattr(figures, name), theirs[key])
        for k, label in enumerate(system.classes):
            counted = metric.class_wise[label]
            for name, (part, key) in COUNTS.items():
                compared += _same(f"{kind} {name} of {label}", float(getattr(ours, part)[k]), counted[key])
    return compared


def _metrics(system: System, rules: Rules) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from sed_eval.sound_event import EventBasedMetrics, SegmentBasedMetrics
        except ImportError as error:
            raise UserError(f"check=sed_eval: the package is absent ({error})", "make install sets it up") from None
    labels = list(system.classes)
    return {
        "event_based": EventBasedMetrics(
            event_label_list=labels,
            t_collar=rules.collars.onset_collar,
            percentage_of_length=rules.collars.offset_share,
            empty_system_output_handling="zero_score" if rules.policy("event_based") == "zero_score" else None,
        ),
        "segment_based": SegmentBasedMetrics(event_label_list=labels, time_resolution=rules.resolution),
    }


def _judged(metric: Any, system: System) -> Mapping[str, Any]:
    def rows(table: Mapping[str, Any], clip: str) -> list[dict[str, Any]]:
        return [
            {"filename": clip, "onset": event.onset, "offset": event.offset, "event_label": event.label}
            for event in table.get(clip, ())
            if event.label in system.classes
        ]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for clip in system.clips:
            metric.evaluate(
                reference_event_list=rows(system.reference, clip), estimated_event_list=rows(system.events, clip)
            )
        results: Mapping[str, Any] = metric.results()
    return results


def _same(what: str, ours: float | None, theirs: float) -> int:
    """1. Raises UserError where they differ by a bit; undefined is None here and NaN there."""
    same = math.isnan(theirs) if ours is None else ours == float(theirs)
    if not same:
        raise UserError(
            f"sed_eval differs: {what} is {ours!r} here and {float(theirs)!r} there",
            "please report it with both tables; one of the two is wrong",
        )
    return 1
