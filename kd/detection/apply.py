"""A detector at work: audio files to logits and events."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kd.audio.decode import decode
from kd.audio.grid import FrameGrid
from kd.audio.logmel import log_mel
from kd.audio.spec import FeatureSpec
from kd.audio.store import ClipFeatures, FeatureStore, Source
from kd.corpus.splits import Split
from kd.corpus.tables import Event
from kd.detection.detector import Detector, Member
from kd.engines.local import cores
from kd.labels.merging import merge, regrid
from kd.labels.smoothing import probabilities
from kd.scoring.decode import decode_clips
from kd.training.predict import predict

Logits = npt.NDArray[np.float16]
CHUNK = 64


def finest(detector: Detector) -> FrameGrid:
    """The grid of the member with the most frames per second."""
    return finest_of(detector.members)


def finest_of(members: Sequence[Member]) -> FrameGrid:
    """The same, of networks that are no detector yet."""
    return min((member.grid for member in members), key=lambda grid: grid.hop)


def merged_logits(
    detector: Detector, features: Callable[[FeatureSpec], ClipFeatures], *, precision: str = "float32"
) -> Logits:
    """Each class's logits from its champion: (clips, frames, classes) in the detector's class order.

    features: the clips' features under a member's own description.
    """
    members = {
        index: predict(detector.members[index].network, features(detector.members[index].spec), precision=precision)
        for index in sorted(set(detector.champion))
    }
    return merged_columns(detector, members)


def merged_columns(detector: Detector, members: Mapping[int, Logits]) -> Logits:
    """The same from the logits of every member that some class comes from: index to (clips, frames, its classes)."""
    grid = finest(detector)
    columns: dict[str, Logits] = {}
    for index, logits in members.items():
        member = detector.members[index]
        own = [member.classes.index(label) for label in detector.classes]
        columns[str(index)] = regrid(logits, source=member.grid, target=grid)[:, :, own]
    champion = {label: str(index) for label, index in zip(detector.classes, detector.champion, strict=True)}
    return merge(detector.classes, champion=champion, logits=columns)


def events_of(detector: Detector, logits: Logits, *, clips: Sequence[str]) -> dict[str, list[Event]]:
    """Events of clips from merged logits (clips, frames, classes), at the detector's operating points."""
    return decode_clips(
        probabilities(logits),
        clips=clips,
        grid=finest(detector),
        thresholds=detector.points.thresholds,
        windows=detector.points.windows,
        classes=detector.classes,
    )


def sources_of(split: Split) -> tuple[Source, ...]:
    """The audio files of a split whose audio was read."""
    return tuple(Source(c.path, c.facts.sha256) for c in split.clips if c.path is not None and c.facts is not None)


def split_logits(detector: Detector, split: Split, *, folder: Path, precision: str) -> Logits:
    """Merged logits of every clip of a split, its features kept in the feature store below `folder`."""
    sources = sources_of(split)

    def features(spec: FeatureSpec) -> ClipFeatures:
        return FeatureStore(folder, spec).get(sources, workers=cores())

    return merged_logits(detector, features, precision=precision)


def detect_files(detector: Detector, paths: Sequence[Path]) -> dict[Path, list[Event]]:
    """Events of audio files, a few at a time; each file is cropped or padded to the length the detector was trained on."""
    found: dict[Path, list[Event]] = {}
    for start in range(0, len(paths), CHUNK):
        part = paths[start : start + CHUNK]

        def features(spec: FeatureSpec, part: Sequence[Path] = part) -> ClipFeatures:
            clips = [decode(path, rate=spec.rate, seconds=spec.seconds) for path in part]
            array = np.stack([log_mel(samples, spec=spec) for samples, _ in clips])
            return ClipFeatures(array, np.arange(len(part)), np.array([seconds for _, seconds in clips]))

        events = events_of(detector, merged_logits(detector, features), clips=[str(path) for path in part])
        found |= {path: events[str(path)] for path in part}
    return found
