"""What each pass trains on."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from kd.audio.store import one_after_another
from kd.labels.acceptance import exact_match
from kd.labels.merging import regrid, window_on
from kd.labels.rule import CHUNK, NO_LABEL, Bools, LabelRule, clamped, unheard_left_out
from kd.labels.smoothing import Smoothing
from kd.labels.teaching import Teaching
from kd.models.pooling import POOLS
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


def pseudo_tag_set(inputs: Inputs, view: View, tagger: Mapping[str, Logits], *, pooling: str) -> TrainingSet:
    """All training clips: known tags, and the tagger's soft tags for the others. Source: S1 section 3.3.1.

    tagger: its logits (clips, frames, classes) by role, of the splits without labels; pooling: its own.
    """
    tags = {
        role: part.tags(inputs.classes) if role in KNOWN_TAGS else pooled(tagger[role], pooling=pooling)
        for role, part in inputs.training.items()
    }
    return joined(view, inputs.training, tags)


def frame_label_set(inputs: Inputs, view: View, teaching: Teaching, how: Smoothing) -> TrainingSet:
    """All training clips with smoothed frame labels of the merged teachers. Source: S1 section 3.3.2.

    The teachers' logits are interpolated to the view's frames, on which rule and smoothing work; windows keep their length
    in time. A strongly labelled training split keeps its own labels. Tags are learnt beside them as `teaching` says;
    where a clip is known to hold a class and a teacher detects it nowhere, that class's frames have no label.
    """
    labels = {}
    grids = {"source": teaching.grid, "target": view.grid}
    way = replace(how, window=window_on(how.window, **grids), sigma=how.sigma * teaching.grid.hop / view.grid.hop)
    rule = teaching.rule.on(**grids)
    for role, part in inputs.training.items():
        if role == "strong":
            labels[role] = true_frames(part, inputs, view)
            continue
        labels[role] = rule.labels(regrid(teaching.logits[role], **grids), way)
        labels[role][:, :, list(teaching.without)] = NO_LABEL
        if role == "weak":
            tags = part.tags(inputs.classes)
            if teaching.accept == "exact":
                detected: Bools = np.any(teaching.rule.positive(teaching.logits[role], how), axis=1)
                labels[role][~exact_match(detected.astype(np.float32), tags, threshold=0.5)] = NO_LABEL
            if teaching.clamp and rule.kind == "binary":
                labels[role] = unheard_left_out(labels[role], tags)
            if teaching.clamp:
                labels[role] = clamped(labels[role], tags)
    found = joined(view, inputs.training, labels)
    if not teaching.tag_weight:
        return found
    of_splits = [learnt_tags(part, labels[role], role, inputs, rule) for role, part in inputs.training.items()]
    return replace(found, tags=np.concatenate(of_splits), tag_weight=teaching.tag_weight)


def learnt_tags(part: Part, labels: Targets, role: str, inputs: Inputs, rule: LabelRule) -> Targets:
    """Tags of a training split that are learnt beside its frame labels, (clips, classes): the known ones.

    Of clips without known ones, those whose binary labels are somewhere 1; NaN, none, with other labels.
    """
    if role in KNOWN_TAGS:
        return part.tags(inputs.classes)
    if rule.kind != "binary":
        return np.full((len(part.names), len(inputs.classes)), NO_LABEL)
    heard = (labels >= 0.5).any(axis=1).astype(np.float16)
    return np.where(np.isnan(labels[:, 0]), NO_LABEL, heard)


def pooled(logits: Logits, *, pooling: str) -> Targets:
    """Clip probabilities, (clips, classes), pooled from frames as the network that gave the logits pools them."""
    pool = POOLS[pooling]
    parts = [pool(torch.from_numpy(logits[i : i + CHUNK].astype(np.float32))) for i in range(0, len(logits), CHUNK)]
    return torch.cat(parts).numpy().astype(np.float16)


def true_frames(part: Part, inputs: Inputs, view: View) -> Targets:
    """Frame labels 0 or 1 of a strongly labelled split, (clips, frames, classes); events past the frames have none."""
    heard = {
        name: [event for event in events if event.onset < view.grid.seconds] for name, events in part.truth.items()
    }
    truth = frame_truth(heard, clips=part.names, classes=inputs.classes, grid=view.grid)
    return truth.astype(np.float16)


def joined(view: View, parts: Mapping[str, Part], targets: Mapping[str, Targets]) -> TrainingSet:
    """One training set of several splits."""
    features = one_after_another([part.features[view.spec] for part in parts.values()])
    return TrainingSet(features, np.concatenate(list(targets.values())))
