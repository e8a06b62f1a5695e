"""The teachers of a job: the networks that the named versions are made of, each judged, and their labels."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid
from kd.audio.store import ClipFeatures, one_after_another
from kd.config import home
from kd.detection.detector import Member, load_detector
from kd.errors import UserError
from kd.labels.merging import regrid, window_on
from kd.labels.rule import CHUNK, Bools, Labels
from kd.labels.smoothing import Array
from kd.labels.weighting import (
    Doubles,
    best_weights,
    combined,
    convex_weights,
    disagreement,
    mean_weights,
    on_own_scale,
)
from kd.models.build import count_parameters
from kd.passes.context import Bench
from kd.passes.inputs import Part
from kd.passes.judging import Logits, Verdict, macro
from kd.passes.networks import Prediction
from kd.scoring.frame_truth import frame_truth
from kd.scoring.median import median_filter
from kd.tracking.registry import Version, fetch

EDGE = 1e-4  # combined labels are kept this far from 0 and 1 where they become logits


@dataclass(frozen=True, eq=False)
class Teacher:
    """A network with its scores on the scored splits. source: the version that named it; own: that it was registered as."""

    member: Member
    source: Version
    own: int
    verdict: Verdict
    parameters: int

    @property
    def name(self) -> str:
        """`version 12, deep`."""
        return f"version {self.own}, {self.member.config.architecture}"


def load_teachers(bench: Bench, versions: Sequence[Version]) -> list[Teacher]:
    """Each network of these versions once, in order. Raises UserError for one that cannot teach these classes or clips."""
    classes, seconds = bench.inputs.classes, bench.inputs.seconds
    found: dict[str, Teacher] = {}
    for version in versions:
        where = f"version {version.number} of {version.name}"
        detector = load_detector(fetch(bench.runs.client, version, cache=home() / "models"))
        if absent := sorted(set(classes) - set(detector.classes)):
            raise UserError(
                f"{where} does not know {absent[0]!r}", "name teachers of this corpus's classes, or classes="
            )
        champions = json.loads(version.tags.get("kd.champions", "{}"))
        for index in detector.used:
            member = detector.members[index]
            if member.spec.seconds != seconds:
                raise UserError(
                    f"{where} was trained on clips of {member.spec.seconds:g} s, not {seconds:g}", "give clip_seconds="
                )
            if absent := sorted(set(classes) - set(member.classes)):
                raise UserError(f"a network of {where} does not know {absent[0]!r}", "name other teachers")
            label = detector.classes[detector.champion.index(index)]
            own = int(champions.get(label, version.number))
            if member.digest not in found:
                verdict = bench.judge.verdict(
                    grid=member.grid,
                    select=logits_of(bench, member, bench.inputs.select),
                    report=None if bench.inputs.report is None else logits_of(bench, member, bench.inputs.report),
                )
                found[member.digest] = Teacher(member, version, own, verdict, count_parameters(member.network))
    return list(found.values())


def logits_of(bench: Bench, member: Member, part: Part) -> Logits:
    """A network's logits of the corpus's classes on a split, predicted once."""
    columns = [member.classes.index(label) for label in bench.inputs.classes]
    logits: Logits = bench.predicted(member.folder, member.spec, part)[:, :, columns]
    return logits


@dataclass(frozen=True, eq=False)
class Faculty:
    """All teachers, on one grid of frames, at one temperature."""

    bench: Bench
    teachers: tuple[Teacher, ...]
    grid: FrameGrid
    temperature: float

    @cached_property
    def f1(self) -> Doubles:
        """Tuned event F1 on the selection split, (teachers, classes), 0 where undefined."""
        classes = self.bench.inputs.classes
        return np.array([[each.verdict.f1("tuned")[label] or 0.0 for label in classes] for each in self.teachers])

    @cached_property
    def best(self) -> Teacher:
        """The one of best macro F1 on the selection split."""
        return max(self.teachers, key=lambda each: macro(each.verdict.select) or 0.0)

    def labels(self, teacher: Teacher, part: Part, which: slice) -> Array:
        """What it says of some clips, (clips, frames, classes): its scores on its own scale, after its own median."""
        source, points = teacher.member.grid, teacher.verdict.points
        logits = regrid(logits_of(self.bench, teacher.member, part)[which], source=source, target=self.grid)
        found = on_own_scale(logits, thresholds=points.thresholds, temperature=self.temperature)
        for k, frames in enumerate(points.windows):
            window = window_on(frames, source=source, target=self.grid)
            found[:, :, k] = median_filter(np.ascontiguousarray(found[:, :, k]), window)
        return found

    def together(self, part: Part, weights: Doubles) -> Labels:
        """The combined labels of a split, (clips, frames, classes), a few clips at a time."""
        some = [k for k in range(len(self.teachers)) if weights[k].any()]
        parts = []
        for start in range(0, len(part.names), CHUNK):
            which = slice(start, start + CHUNK)
            said = [self.labels(self.teachers[k], part, which) for k in some]
            parts.append(combined(said, weights[some]).astype(np.float16))
        return np.concatenate(parts)

    @cached_property
    def selected(self) -> list[Array]:
        """What each says of all frames of the selection split, (clips x frames, classes)."""
        part, classes = self.bench.inputs.select, len(self.bench.inputs.classes)
        return [self.labels(each, part, slice(None)).reshape(-1, classes) for each in self.teachers]

    @cached_property
    def weightings(self) -> dict[str, Doubles]:
        """Weights (teachers, classes) of each kind, from the selection split alone."""
        inputs = self.bench.inputs
        part, classes = inputs.select, inputs.classes
        truth: Bools = frame_truth(part.truth, clips=part.names, classes=classes, grid=self.grid)
        return {
            "convex": convex_weights(self.selected, truth.reshape(-1, len(classes))),
            "mean": mean_weights(teachers=len(self.teachers), classes=len(classes)),
            "best": best_weights(self.f1),
        }

    def verdict(self, weights: Doubles) -> Verdict:
        """Scores of the combined labels themselves."""
        parts = [self.bench.inputs.select, self.bench.inputs.report]
        logits = [None if part is None else as_logits(self.together(part, weights)) for part in parts]
        assert logits[0] is not None
        return self.bench.judge.verdict(grid=self.grid, select=logits[0], report=logits[1])

    def disagreement(self) -> Doubles:
        """Between each two teachers, over what they detect on the selection split, (teachers, teachers)."""
        return disagreement([scores >= 0.5 for scores in self.selected])

    def embeddings(self) -> tuple[ClipFeatures, str] | None:
        """Of all training clips, by the best teacher that has the students' frames, and a digest; None where none has."""
        alike = [each for each in self.teachers if each.member.grid == self.grid]
        if not alike:
            return None
        teacher = max(alike, key=lambda each: macro(each.verdict.select) or 0.0)
        inputs, spec = self.bench.inputs, teacher.member.spec
        features = one_after_another([inputs.features(part, spec) for part in inputs.training.values()])
        clips = sha256("\n".join(part.digest for part in inputs.training.values()).encode()).hexdigest()
        work = Prediction(self.bench.steps, teacher.member.folder, spec, clips, self.bench.precision, embedding=True)
        made = work.run(lambda: features)
        digest = sha256(f"{teacher.member.digest} {clips} {self.bench.precision}".encode()).hexdigest()
        return ClipFeatures(made, np.arange(len(features)), features.seconds), digest


def as_logits(labels: Labels) -> npt.NDArray[np.float16]:
    """log(q / (1 - q)) of labels, kept away from 0 and 1."""
    q = np.clip(labels.astype(np.float32), EDGE, 1 - EDGE)
    return np.asarray(np.log(q / (1 - q)), np.float16)
