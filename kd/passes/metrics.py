"""Names of logged metrics."""

from collections.abc import Mapping, Sequence
from typing import Any

from kd.corpus.names import class_slug

MOST = 100
NAMES = {"tuned": "event_f1", "fixed": "event_f1_fixed"}


def score_metrics(
    classes: Sequence[str], *, select: Mapping[str, Any], report: Mapping[str, Any] | None
) -> dict[str, float]:
    """`select/event_f1/macro`, `report/event_f1_fixed/<class slug>`, ... of `{fixed: E, tuned: E}` records.

    Undefined figures are left out. Where all would be more than a run may carry, those of classes are left out; they
    are in `results.json`.
    """
    found: dict[str, float] = {}
    for split, record in (("select", select), ("report", report)):
        for kind, name in NAMES.items():
            if record is None:
                continue
            figures = record[kind]
            found |= _named(f"{split}/{name}/macro", figures["macro"]["f1"])
            found |= _named(f"{split}/{name}/micro", figures["micro"]["f1"])
            for what in ("precision", "recall"):
                found |= _named(f"{split}/{name.replace('f1', what)}/macro", figures["macro"][what])
            if 4 * (len(classes) + 4) < MOST - 10:
                for label in classes:
                    found |= _named(f"{split}/{name}/{class_slug(label)}", figures["classes"][label]["f1"])
    return found


def _named(name: str, value: float | None) -> dict[str, float]:
    return {} if value is None else {name: float(value)}
