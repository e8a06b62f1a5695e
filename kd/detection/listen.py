"""A detector that listens to one recording, block by block, in memory that does not grow with its length."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kd.audio.decode import blocks, opened
from kd.audio.extract import alone
from kd.audio.spec import FeatureSpec
from kd.audio.streaming import StreamLogBands, StreamResampler
from kd.detection.apply import finest
from kd.detection.detector import Detector, Member
from kd.detection.events import Detection, StreamEvents, in_order, within
from kd.detection.merging import StreamMerge
from kd.detection.windows import Logits, Sliding, Windows, windows_of
from kd.engines.local import ahead
from kd.labels.smoothing import probabilities

Array = npt.NDArray[np.float32]
Bands = dict[FeatureSpec, Array]
Cut = Callable[[Member], Windows]


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What a block of sound settled, each thing once.

    events: that have ended; scores: probabilities (frames, classes) of frames of the detector's grid, before the median;
    bands: features (frames, mels) as the first network reads them, not scaled.
    """

    events: list[Detection]
    scores: Array
    bands: Array


class Listener:
    """Events and scores of one recording: `push` its blocks, then `finish`.

    rate: samples per second of the blocks; cut: how each network's features are cut into windows; pad: a recording
    shorter than a clip is filled up with silence, as clips are in training. Networks that read the same features share
    them, and classes that come from one network run it once.
    """

    def __init__(self, detector: Detector, *, rate: int, cut: Cut, precision: str, pad: bool = True) -> None:
        self.rate, self.pad, self.samples = rate, pad, 0
        used = detector.used
        specs = {index: detector.members[index].spec for index in used}
        self.resamplers = {wanted: StreamResampler(rate, wanted) for wanted in {spec.rate for spec in specs.values()}}
        self.bands = {spec: StreamLogBands(spec) for spec in dict.fromkeys(specs.values())}
        self.networks = {
            index: Sliding(detector.members[index], cut(detector.members[index]), precision=precision) for index in used
        }
        self.specs = specs
        self.merge = StreamMerge(detector)
        self.events = StreamEvents(
            grid=finest(detector),
            points=detector.points,
            temperatures=detector.temperatures,
            classes=detector.classes,
        )

    @property
    def seconds(self) -> float:
        """Length of what came so far."""
        return self.samples / self.rate

    def push(self, samples: Array) -> Heard:
        """The next block, mono, (samples,)."""
        return self.hear(self.features(samples))

    def features(self, samples: Array) -> Bands:
        """The first half of `push`: what the networks read of the next block. It may run ahead of the second half."""
        self.samples += len(samples)
        sound = {rate: each.push(samples) for rate, each in self.resamplers.items()}
        return {spec: each.push(sound[spec.rate]) for spec, each in self.bands.items()}

    def hear(self, bands: Bands) -> Heard:
        """The second half."""
        logits = {index: each.push(bands[self.specs[index]]) for index, each in self.networks.items()}
        return self._heard(logits, bands)

    def finish(self) -> Heard:
        """What was still open at the end."""
        sound = {rate: each.finish() for rate, each in self.resamplers.items()}
        bands = {}
        for spec, stream in self.bands.items():
            last = stream.push(sound[spec.rate])
            bands[spec] = np.concatenate([last, stream.finish()]) if self.pad else last
        logits = {}
        for index, network in self.networks.items():
            scored = network.push(bands[self.specs[index]])
            logits[index] = np.concatenate([scored, network.finish()])
        heard = self._heard(logits, bands)
        rest: Array = probabilities(self.merge.finish())
        events = heard.events + self.events.push(rest) + self.events.finish(self.seconds)
        scores = np.concatenate([heard.scores, rest])
        return Heard(within(events, seconds=self.seconds), scores, heard.bands)

    def _heard(self, logits: dict[int, Logits], bands: Bands) -> Heard:
        scores = probabilities(self.merge.push(logits))
        return Heard(self.events.push(scores), scores, next(iter(bands.values())))


def detect_files(
    detector: Detector, paths: Sequence[Path], *, seconds: float = 0.0, precision: str = "float32"
) -> dict[Path, list[Detection]]:
    """Events of audio files of any length. seconds: of the windows they are cut into; 0: those of training."""
    found = {}
    for path in paths:
        with opened(path) as file:
            listener = listener_of(detector, rate=file.samplerate, seconds=seconds, precision=precision)
            heard = listen(listener, blocks(file, name=str(path)))
            found[path] = in_order([event for each in heard for event in each.events])
    return found


def listener_of(detector: Detector, *, rate: int, seconds: float = 0.0, precision: str = "float32") -> Listener:
    """A listener to recordings that are there; seconds: of the windows they are cut into, 0: those of training."""
    return Listener(detector, rate=rate, cut=partial(windows_of, seconds=seconds), precision=precision)


def listen(listener: Listener, sound: Iterator[Array]) -> Iterator[Heard]:
    """What a listener hears in a whole recording, block by block; a thread reads and transforms ahead of the networks."""

    def bands() -> Iterator[Bands]:
        alone()
        yield from map(listener.features, sound)

    for each in ahead(bands()):
        yield listener.hear(each)
    yield listener.finish()
