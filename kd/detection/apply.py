"""A detector at work on many clips of one length: features to merged logits."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid
from kd.audio.spec import FeatureSpec
from kd.audio.store import ClipFeatures, FeatureStore, Source
from kd.corpus.splits import Split
from kd.detection.detector import Detector, Member
from kd.engines.local import cores
from kd.labels.merging import merge, regrid
from kd.training.predict import predict

Logits = npt.NDArray[np.float16]


def finest(detector: Detector) -> FrameGrid:
    """The grid of the member with the most frames per second."""
    return finest_of(detector.members)


def finest_of(members: Sequence[Member]) -> FrameGrid:
    """The same, of networks that are no detector yet."""
    return min((member.grid for member in members), key=lambda grid: grid.hop)


def merged_logits(
    detector: Detector, features: Callable[[FeatureSpec], ClipFeatures], *, precision: str = "float32"
) -> Logits:
    """Each class's logits: (clips, frames, classes) in the detector's class order.

    features: the clips' features under a member's own description.
    """
    members = {
        index: predict(detector.members[index].network, features(detector.members[index].spec), precision=precision)
        for index in detector.used
    }
    return merged_columns(detector, members)


def merged_columns(detector: Detector, members: Mapping[int, Logits]) -> Logits:
    """The same from the logits of every member that is used: index to (clips, frames, its classes)."""
    grid = finest(detector)
    columns: dict[int, Logits] = {}
    for index, logits in members.items():
        member = detector.members[index]
        own = [member.classes.index(label) for label in detector.classes]
        columns[index] = regrid(logits, source=member.grid, target=grid)[:, :, own]
    return merge(detector.shares, columns)


def sources_of(split: Split) -> tuple[Source, ...]:
    """The audio files of a split whose audio was read."""
    return tuple(Source(c.path, c.facts.sha256) for c in split.clips if c.path is not None and c.facts is not None)


def split_logits(detector: Detector, split: Split, *, folder: Path, precision: str) -> Logits:
    """Merged logits of every clip of a split, its features kept in the feature store below `folder`."""
    sources = sources_of(split)

    def features(spec: FeatureSpec) -> ClipFeatures:
        return FeatureStore(folder, spec).get(sources, workers=cores())

    return merged_logits(detector, features, precision=precision)
