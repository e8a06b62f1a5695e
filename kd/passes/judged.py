"""A judged network as a system, to be held against another on the same clips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kd.corpus.makers import makers_of, twin_of
from kd.labels.smoothing import probabilities
from kd.passes.inputs import Part
from kd.passes.judging import Logits, Verdict
from kd.scoring.grid import FrameGrid
from kd.scoring.operating_points import OperatingPoints
from kd.scoring.system import FrameScores, System


@dataclass(frozen=True)
class Judged:
    """A network's verdict, and its logits (clips, frames, classes) on the scored splits by `select` and `report`."""

    name: str
    verdict: Verdict
    logits: Mapping[str, Logits]

    def points(self, kind: str) -> OperatingPoints:
        """Its `fixed` or `tuned` operating points."""
        points = self.verdict.points
        return points if kind == "tuned" else OperatingPoints.fixed(classes=len(points.thresholds))


def system_of(
    judged: Judged, split: str, kind: str, *, part: Part, grid: FrameGrid, classes: Sequence[str], root: Path
) -> System:
    """What a network says of a scored split at its operating points, beside what is true of it."""
    points = judged.points(kind)
    scores = FrameScores.at(points, probabilities(judged.logits[split]), grid)
    return System(
        clips=tuple(part.names),
        classes=tuple(classes),
        reference=part.truth,
        events=scores.events(clips=part.names, classes=classes),
        scores=scores,
        closed=True,
        makers=makers_of(table=part.split.table, events=part.truth, twin=twin_of(root, part.split.name)),
        about={"network": judged.name, "split": part.split.name, "points": kind},
    )
