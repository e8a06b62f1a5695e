"""What features are: a frozen description that travels with every model."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from kd.audio.grid import FrameGrid
from kd.errors import UserError, did_you_mean

LEAST_RATE = 8_000
SCALINGS = {"log": "s1", "min-max": "s2"}  # with the preset that each comes from
LATER = {"fmax": 0.0, "scaling": "log"}  # fields younger than some stored features: left out of descriptions at these


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """Log-mel features of clips of one length.

    rate: samples per second; window, hop: samples; mels: bands; floor: the least power before the logarithm;
    seconds: every clip is cropped or zero-padded to this length; fmax: upper end of the highest band in Hz, 0: half the
    rate; scaling: `log`, or `min-max`, each clip's logarithms brought to [0, 1]. Frames are not centred: frame i covers
    samples i*hop to i*hop + window.
    """

    rate: int
    window: int
    hop: int
    mels: int = 64
    floor: float = 1e-10
    seconds: float = 10.0
    fmax: float = 0.0
    scaling: str = "log"

    def __post_init__(self) -> None:
        if self.scaling not in SCALINGS:
            raise UserError(
                f"features scaled by {self.scaling!r} are not known",
                did_you_mean(self.scaling, list(SCALINGS)) or f"known: {', '.join(SCALINGS)}",
            )

    @property
    def preset(self) -> str:
        """The paper whose features these are like."""
        return SCALINGS[self.scaling]

    @property
    def samples(self) -> int:
        """Samples of one clip."""
        return round(self.rate * self.seconds)

    @property
    def frames(self) -> int:
        """Frames of one clip: 1 + floor((samples - window) / hop)."""
        return 1 + (self.samples - self.window) // self.hop

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one clip's features."""
        return self.frames, self.mels

    @property
    def dtype(self) -> str:
        """Of the features."""
        return "float32"

    @property
    def grid(self) -> FrameGrid:
        """Where the frames lie, in seconds."""
        return FrameGrid(
            hop=self.hop / self.rate, window=self.window / self.rate, frames=self.frames, seconds=self.seconds
        )

    def to_dict(self) -> dict[str, Any]:
        """The description as a JSON-able dict."""
        whole = dataclasses.asdict(self)
        return {key: value for key, value in whole.items() if key not in LATER or value != LATER[key]}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "FeatureSpec":
        """The description from `to_dict`'s dict; an unknown key is refused."""
        check_keys(cls, values)
        return cls(**values)


def check_keys(kind: type[Any], values: dict[str, Any]) -> None:
    """Raises UserError for a key that is no field of a description."""
    known = [f.name for f in dataclasses.fields(kind)]
    for key in values:
        if key not in known:
            raise UserError(f"feature description holds an unknown key {key!r}", did_you_mean(key, known))


def s1(*, rate: int = 16_000, seconds: float = 10.0) -> FeatureSpec:
    """S1 section 4.2: 64 mel bands from 64 ms frames overlapping by 22.5 ms, so every 41.5 ms: 240 frames in 10 s."""
    if rate < LEAST_RATE:
        raise UserError(f"rate={rate} is too low for 64 mel bands of 64 ms", f"give at least {LEAST_RATE}")
    spec = FeatureSpec(rate=rate, window=round(0.064 * rate), hop=round(0.0415 * rate), seconds=seconds)
    if spec.frames < 2:
        raise UserError(f"clip_seconds={seconds:g} is shorter than two frames", "give at least 0.2")
    return spec


def s2(*, seconds: float = 10.0, step_ms: float = 0.0) -> FeatureSpec:
    """S2 section 2.1: 64 mel bands from 0 to 16 kHz of 20 ms frames at 44.1 kHz, each clip scaled to [0, 1].

    step_ms: milliseconds from frame to frame; 0: 430 samples, which are 9.75. A smaller step gives as many frames as that
    one, of the beginning of each clip.
    Deviation: a step of 8 ms gives 1,240 frames in 10 s, not the 1,024 that are stated; 430 samples give exactly those.
    Whether the minimum and maximum are a clip's or the corpus's is not said: a clip's.
    """
    spec = FeatureSpec(rate=44_100, window=882, hop=430, seconds=seconds, fmax=16_000.0, scaling="min-max")
    if spec.frames < 2:
        raise UserError(f"clip_seconds={seconds:g} is shorter than two frames", "give at least 0.2")
    if not step_ms:
        return spec
    hop = round(step_ms * spec.rate / 1000)
    if hop < 1 or hop > spec.samples - spec.window:
        raise UserError(f"step_ms={step_ms:g} is no step between frames of 20 ms in {seconds:g} s", "the paper's is 8")
    covered = (spec.window + (spec.frames - 1) * hop) / spec.rate
    return dataclasses.replace(spec, hop=hop, seconds=min(seconds, covered))
