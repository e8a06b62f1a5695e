"""What the labels of a pass are like, and what becomes of a class whose labels have collapsed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kd.audio.grid import FrameGrid
from kd.labels.artifact import label_digest, load_labels
from kd.labels.merging import regrid
from kd.labels.rule import Bools, LabelRule, Logits
from kd.labels.smoothing import Smoothing
from kd.labels.statistics import agreement, positive_share
from kd.labels.teaching import Teaching
from kd.passes.context import Bench

EVERYWHERE = 0.99  # share of positive frames from which on labels say nothing
BOUNDS = ("thresholds", "lows", "windows", "depths")  # of a rule, by class
Record = Mapping[str, Any]


def earlier_teaching(bench: Bench, earlier: Sequence[Record], grid: FrameGrid) -> Teaching | None:
    """What the pass before learnt from, on the present frames; None where it learnt from no frame labels."""
    labels = earlier[-1]["labels"] if earlier else None
    if not labels:
        return None
    classes = bench.inputs.classes
    origin = {label: labels["kept_from"].get(label, earlier[-1]["index"]) for label in classes}
    scores = {index: _scores(bench, earlier, index, grid) for index in sorted(set(origin.values()))}
    logits = {
        role: np.stack([scores[origin[label]][role][:, :, k] for k, label in enumerate(classes)], axis=2)
        for role in bench.inputs.training
    }
    used = labels["settings"]
    bounds = (tuple(labels[name][label] for label in classes) if labels[name] else () for name in BOUNDS)
    rule = LabelRule(used["kind"], used["temperature"], *bounds)
    without = tuple(
        k for k, label in enumerate(classes) if label in labels["collapsed"] and label not in labels["kept_from"]
    )
    return Teaching(logits, grid, rule, used["clamp"], used["accept"], without, used.get("tag_weight", 0.0))


def _scores(bench: Bench, earlier: Sequence[Record], index: int, grid: FrameGrid) -> dict[str, Logits]:
    """Logits by role that pass `index` learnt from: those of the champions after the pass before it."""
    kept = load_labels(bench.runs.download(earlier[index - 2]["run_id"], "labels"))
    return {role: regrid(part.logits, source=kept.grid, target=grid) for role, part in kept.splits.items()}


def mended(
    teaching: Teaching, how: Smoothing, before: Teaching | None, *, classes: Sequence[str], last: Record | None = None
) -> tuple[Teaching, dict[str, Any]]:
    """Teaching in which a class without positive frames, or with nothing else, keeps the scores and threshold it had.

    Where it had none its frames get no labels at all. last: `labels` of the pass before. Returns also `collapsed`, class
    to `nowhere` or `everywhere`, and `kept_from`, class to the pass whose labels it keeps.
    """
    share = positive_share(np.concatenate(list(positives(teaching, how).values())))
    collapsed = {
        label: "nowhere" if value == 0 else "everywhere"
        for label, value in zip(classes, share.tolist(), strict=True)
        if value == 0 or value >= EVERYWHERE
    }
    columns = [k for k, label in enumerate(classes) if label in collapsed]
    kept = [k for k in columns if before is not None and k not in before.without]
    if before is not None and kept:
        logits = {role: array.copy() for role, array in teaching.logits.items()}
        for k in kept:
            for role, array in logits.items():
                array[:, :, k] = before.logits[role][:, :, k]
        teaching = replace(teaching, logits=logits, rule=teaching.rule.taking(kept, before.rule))
    without = tuple(k for k in columns if k not in kept)
    earlier = {} if last is None else last["labels"]["kept_from"]
    origin = {classes[k]: earlier.get(classes[k], last["index"] if last else 0) for k in kept}
    return replace(teaching, without=without), {"collapsed": collapsed, "kept_from": origin}


def positives(teaching: Teaching, how: Smoothing) -> dict[str, Bools]:
    """Positive frames by role, of the splits that learn from teachers."""
    return {role: teaching.rule.positive(logits, how) for role, logits in teaching.logits.items() if role != "strong"}


def facts(bench: Bench, teaching: Teaching, smoothings: Sequence[Smoothing], before: Teaching | None) -> dict[str, Any]:
    """Thresholds on σ(z), the teachers' windows and depths, shares of positive frames and accepted clips, agreement with the
    pass before, label hashes."""
    classes, how = bench.inputs.classes, smoothings[0]
    now = positives(teaching, how)
    together = np.concatenate(list(now.values()))
    alike = None
    if before is not None:
        alike = agreement(together, np.concatenate(list(positives(before, how).values())))
    right = None
    if teaching.accept == "exact":
        tags = bench.inputs.training["weak"].tags(classes) > 0
        right = now["weak"].any(axis=1) == tags

    def by_class(values: Any) -> dict[str, float]:
        return dict(zip(classes, np.asarray(values, dtype=np.float64).tolist(), strict=True))

    return {
        **{name: by_class(values) if (values := getattr(teaching.rule, name)) else None for name in BOUNDS},
        "positive": by_class(positive_share(together)),
        "agreement": None if alike is None else by_class(alike),
        "accepted": None
        if right is None
        else {"clips": float(right.all(axis=1).mean()), "classes": by_class(right.mean(axis=0))},
        "sha256": {
            each.name: {role: label_digest(teaching.logits[role], teaching.rule, each) for role in now}
            for each in smoothings
        },
    }
