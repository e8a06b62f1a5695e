"""What each pass trains on."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid
from kd.audio.store import ClipFeatures
from kd.labels.merging import regrid
from kd.labels.rule import CHUNK, LabelRule, clamped
from kd.labels.smoothing import Smoothing, probabilities
from kd.passes.inputs import Inputs, Part, View
from kd.scoring.frame_truth import frame_truth
from kd.training.data import TrainingSet

Logits = npt.NDArray[np.float16]
Targets = npt.NDArray[np.float16]
KNOWN_TAGS = ("weak", "strong")


def tagging_set(inputs: Inputs, view: View) -> TrainingSet:
    """Clips whose tags are known, with those tags. Source: S1 section 3.2."""
    known = {role: part for role, part in inputs.training.items() if role in KNOWN_TAGS}
    return joined(view, known, {role: part.tags(inputs.classes) for role, part in known.items()})


def pseudo_tag_set(inputs: Inputs, view: View, tagger: Mapping[str, Logits]) -> TrainingSet:
    """All training clips: known tags, and the tagger's soft tags for the others. Source: S1 section 3.3.1.

    tagger: its logits (clips, frames, classes) by role, of the splits without labels.
    """
    tags = {
        role: part.tags(inputs.classes) if role in KNOWN_TAGS else pooled(tagger[role])
        for role, part in inputs.training.items()
    }
    return joined(view, inputs.training, tags)


def frame_label_set(
    inputs: Inputs,
    view: View,
    merged: Mapping[str, Logits],
    how: Smoothing,
    *,
    grid: FrameGrid,
    rule: LabelRule,
    clamp: bool,
) -> TrainingSet:
    """All training clips with smoothed frame labels of the merged teachers. Source: S1 section 3.3.2.

    merged: logits (clips, frames, classes) by role, on `grid`; they are interpolated to the view's frames, on which rule
    and smoothing work. clamp: labels are 0 where a weakly labelled clip is known to hold nothing of the class (ours). A
    strongly labelled training split keeps its own labels.
    """
    labels = {}
    for role, part in inputs.training.items():
        if role == "strong":
            labels[role] = true_frames(part, inputs, view)
            continue
        labels[role] = rule.labels(regrid(merged[role], source=grid, target=view.grid), how)
        if clamp and role == "weak":
            labels[role] = clamped(labels[role], part.tags(inputs.classes))
    return joined(view, inputs.training, labels)


def pooled(logits: Logits) -> Targets:
    """Clip probabilities: the mean of frame probabilities, (clips, classes). Source: S1 section 3.1."""
    parts = [probabilities(logits[i : i + CHUNK]).mean(axis=1) for i in range(0, len(logits), CHUNK)]
    return np.concatenate(parts).astype(np.float16)


def true_frames(part: Part, inputs: Inputs, view: View) -> Targets:
    """Frame labels 0 or 1 of a strongly labelled split, (clips, frames, classes)."""
    truth = frame_truth(part.truth, clips=part.names, classes=inputs.classes, grid=view.grid)
    return truth.astype(np.float16)


def joined(view: View, parts: Mapping[str, Part], targets: Mapping[str, Targets]) -> TrainingSet:
    """One training set of several splits."""
    features = [part.features[view.spec] for part in parts.values()]
    rows = np.concatenate([each.rows for each in features])
    seconds = np.concatenate([each.seconds for each in features])
    return TrainingSet(ClipFeatures(features[0].array, rows, seconds), np.concatenate(list(targets.values())))
