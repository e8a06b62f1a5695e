"""A system measured: what all its scores, and their resamples, are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.scoring.counts import CellCounts, Ints, Policy
from kd.scoring.error_rate import substituted_events, substituted_segments
from kd.scoring.event_f1 import event_cells
from kd.scoring.frame_truth import frame_truth
from kd.scoring.matching import Collars
from kd.scoring.psds import PSDS1, PSDS2, psds_cells
from kd.scoring.psds_cells import PsdsCells
from kd.scoring.segment_f1 import segment_cells
from kd.scoring.system import FrameScores, System
from kd.scoring.tagging_f1 import tagging_cells

KINDS = ("event_based", "segment_based", "tagging")
WITH_ERROR_RATE = ("event_based", "segment_based")
PSDS = {"psds1": PSDS1, "psds2": PSDS2}

Bools = npt.NDArray[np.bool_]
Singles = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What counts. resolution: seconds of a segment; empty: the policy for classes without predictions or reference
    events (see `Counts.scores`), None: sed_eval's, `zero_score` for events and tags, `undefined` for segments.
    """

    collars: Collars = field(default_factory=Collars)
    empty: Policy | None = None
    resolution: float = 1.0

    def policy(self, kind: str) -> Policy:
        """The policy of one of KINDS."""
        return self.empty or ("undefined" if kind == "segment_based" else "zero_score")

    def to_dict(self) -> dict[str, Any]:
        """`{collars: {...}, empty_class: {...}, resolution}`."""
        return {
            "collars": {name: float(value) for name, value in asdict(self.collars).items()},
            "empty_class": {kind: self.policy(kind) for kind in KINDS},
            "resolution": float(self.resolution),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Whether each class occurs in a clip, and the clip's highest score of it, both `(clips, classes)`."""

    targets: Bools
    highest: Singles


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Probabilities and truth of frames, `(clips, frames, classes)`, and which of them a clip has, `(clips, frames)`.

    tempered: the probabilities at the temperatures that a model carries, else None.
    """

    probabilities: Singles
    truth: Bools
    there: Bools
    tempered: Singles | None


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What scores are made of.

    cells: counts of each clip and class by kind; substituted: substitutions of each clip, `(clips,)`, by kind, of events
    and segments; psds: by name, of the scores after the system's median windows; ranking, frames: of the scores before
    any median. Without scores there is none of the last three, and without probabilities no frames.
    """

    cells: Mapping[str, CellCounts]
    substituted: Mapping[str, Ints]
    psds: Mapping[str, PsdsCells]
    ranking: Ranking | None
    frames: Frames | None


def measure(system: System, *, rules: Rules) -> Measured:
    """What the scores of a system under some rules are made of."""
    truth, guess = system.reference, system.events
    scored: dict[str, Any] = {"clips": system.clips, "classes": system.classes}
    tags, said = ({c: {e.label for e in table.get(c, ())} for c in system.clips} for table in (truth, guess))
    events = event_cells(reference=truth, predicted=guess, collars=rules.collars, **scored)
    segments = segment_cells(reference=truth, predicted=guess, resolution=rules.resolution, **scored)
    given = system.scores
    return Measured(
        cells={
            "event_based": events,
            "segment_based": segments,
            "tagging": tagging_cells(reference=tags, predicted=said, **scored),
        },
        substituted={
            "event_based": substituted_events(truth, guess, cells=events, collars=rules.collars),
            "segment_based": substituted_segments(truth, guess, cells=segments, resolution=rules.resolution),
        },
        psds={} if given is None else _psds(system, given),
        ranking=None
        if given is None
        else Ranking(
            np.array([[label in tags[c] for label in system.classes] for c in system.clips], np.bool_),
            given.values.max(axis=1),
        ),
        frames=None if given is None else _frames(system, given),
    )


def _psds(system: System, scores: FrameScores) -> dict[str, PsdsCells]:
    smooth = scores.smooth()
    return {
        name: psds_cells(
            smooth,
            system.reference,
            clips=system.clips,
            grid=scores.grid,
            classes=system.classes,
            parameters=parameters,
        )
        for name, parameters in PSDS.items()
    }


def _frames(system: System, scores: FrameScores) -> Frames | None:
    there = scores.there()
    low, high = scores.range()
    if low < 0 or high > 1:
        return None
    truth = frame_truth(system.reference, clips=system.clips, classes=system.classes, grid=scores.grid)
    return Frames(scores.values, truth, there, scores.tempered())
