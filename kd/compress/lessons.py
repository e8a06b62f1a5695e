"""What each student learns."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from kd.compress.plan import NONE, Student
from kd.compress.settings import CompressSettings
from kd.compress.teachers import Faculty
from kd.config import say
from kd.labels.rule import Labels, clamped
from kd.labels.weighting import Doubles
from kd.passes.context import Bench
from kd.passes.inputs import Part, View
from kd.passes.targets import KNOWN_TAGS, joined, true_frames
from kd.training.taught_set import TaughtSet


def taught_sets(
    bench: Bench, faculty: Faculty, view: View, settings: CompressSettings, students: list[Student]
) -> dict[str, TaughtSet]:
    """What students of each weighting learn: every clip with its teachers' labels, or the labelled clips alone."""
    training, found = bench.inputs.training, {}
    wanted = settings.embedding > 0 and any(each.weighting != NONE for each in students)
    embedded = faculty.embeddings() if wanted else None
    if wanted and embedded is None:
        say("note: no teacher has the students' frames, so that nothing is learnt of what it finds alike (embedding)")
    for weighting in dict.fromkeys(student.weighting for student in students):
        if weighting == NONE:
            labelled = {role: part for role, part in training.items() if role in KNOWN_TAGS}
            found[weighting] = _set(bench, view, labelled, {}, weight=1.0)
            continue
        weights = faculty.weightings[weighting]
        soft = {role: soft_labels(bench, faculty, role, weights) for role in training}
        made = _set(bench, view, training, soft, weight=settings.weight)
        if embedded is not None:
            embeddings, digest = embedded
            made = replace(made, embeddings=embeddings, closeness=settings.embedding, digest=digest)
        found[weighting] = made
    return found


def soft_labels(bench: Bench, faculty: Faculty, role: str, weights: Doubles) -> Labels:
    """Combined labels of a training split; 0 in weakly labelled clips for classes that they are known not to hold."""
    part = bench.inputs.training[role]
    labels = faculty.together(part, weights)
    return clamped(labels, part.tags(bench.inputs.classes)) if role == "weak" else labels


def _set(
    bench: Bench, view: View, parts: Mapping[str, Part], soft: Mapping[str, Labels], *, weight: float
) -> TaughtSet:
    classes = bench.inputs.classes
    frames = np.zeros((0, view.grid.frames, len(classes)), np.float16)
    wanted, tags, strong = {}, [], []
    for role, part in parts.items():
        clips = len(part.names)
        wanted[role] = soft[role] if soft else np.full((clips, *frames.shape[1:]), np.nan, np.float16)
        tags.append(part.tags(classes) if role == "weak" else np.full((clips, len(classes)), np.nan, np.float16))
        strong.append(np.arange(clips) if role == "strong" else np.full(clips, -1))
        if role == "strong":
            frames = true_frames(part, bench.inputs, view)
    clips_with_labels = joined(view, parts, wanted)
    return TaughtSet(
        clips_with_labels.features,
        clips_with_labels.targets,
        np.concatenate(tags),
        frames,
        np.concatenate(strong),
        weight,
    )
