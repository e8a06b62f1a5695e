"""Names of logged metrics."""

from collections.abc import Mapping, Sequence
from typing import Any

from kd.corpus.names import class_slug

MOST = 90  # MLflow reads the history of every metric of a run that logs a model
NAMES = {"tuned": "event_f1", "fixed": "event_f1_fixed"}


def score_metrics(
    classes: Sequence[str], *, select: Mapping[str, Any], report: Mapping[str, Any] | None, most: int | None = MOST
) -> dict[str, float]:
    """`select/event_f1/macro`, `report/event_f1_fixed/<class slug>`, ... of `{fixed: E, tuned: E}` records.

    Undefined figures are left out. Where there would be more than `most`, those of classes are: first the fixed ones,
    then all; `results.json` has them.
    """
    kinds = tuple(NAMES)
    for shown in (kinds, kinds[:1], ()):
        found: dict[str, float] = {}
        for split, record in (("select", select), ("report", report)):
            for kind in NAMES if record is not None else ():
                found |= _of_one(f"{split}/{NAMES[kind]}", record[kind], classes if kind in shown else ())  # type: ignore[index]
        if most is None or len(found) <= most:
            break
    return found


def label_metrics(labels: Mapping[str, Any] | None) -> dict[str, float]:
    """`labels/threshold`, `labels/positive/<class slug>`, ... of `labels` of a pass; nothing for a pass without."""
    if labels is None:
        return {}
    found = {"labels/threshold": labels["threshold"]}
    accepted = labels["accepted"] or {"classes": None}
    if "clips" in accepted:
        found["labels/accepted/clips"] = accepted["clips"]
    parts = {"positive": labels["positive"], "agreement": labels["agreement"], "accepted": accepted["classes"]}
    for name, values in parts.items():
        found |= {f"labels/{name}/{class_slug(label)}": value for label, value in (values or {}).items()}
    for key, quality in labels.get("quality", {}).items():
        found[f"labels/event_f1/{key}"] = quality["f1"]
    return found


def _of_one(name: str, figures: Mapping[str, Any], classes: Sequence[str]) -> dict[str, float]:
    values = {f"{name}/macro": figures["macro"]["f1"], f"{name}/micro": figures["micro"]["f1"]}
    low, high = figures["macro"]["f1_interval"] or (None, None)
    values |= {f"{name}/macro_low": low, f"{name}/macro_high": high}
    values |= {f"{name.replace('f1', what)}/macro": figures["macro"][what] for what in ("precision", "recall")}
    values |= {f"{name}/{class_slug(label)}": figures["classes"][label]["f1"] for label in classes}
    return {key: float(value) for key, value in values.items() if value is not None}
