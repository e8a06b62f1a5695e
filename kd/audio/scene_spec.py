"""What scene networks read of a clip: its samples, or log-mel bands of each channel."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from kd.audio.spec import FeatureSpec, check_keys
from kd.errors import UserError

WAVEFORM, MEL = "waveform", "mel"
WINDOW, HOP = 0.1, 0.04  # seconds
PRE_EMPHASIS = 0.97


@dataclass(frozen=True, slots=True)
class SceneSpec:
    """Sound of clips of one length, with its channels.

    kind: `waveform`, samples (samples, channels) as int16, or `mel`, log-mel power (channels, frames, mels) as float32;
    rate: samples per second; seconds: every clip is cropped or zero-padded to this length.
    """

    kind: str
    rate: int
    channels: int
    seconds: float
    mels: int = 256

    def __post_init__(self) -> None:
        if self.kind not in (WAVEFORM, MEL):
            raise UserError(f"sound of kind {self.kind!r} is not known", f"known: {WAVEFORM}, {MEL}")
        if self.samples < round(WINDOW * self.rate):
            raise UserError(
                f"clip_seconds={self.seconds:g} is shorter than a frame of {WINDOW:g} s", "give 0.2 or more"
            )

    @property
    def samples(self) -> int:
        """Samples of a clip, of one channel."""
        return round(self.rate * self.seconds)

    @property
    def bands(self) -> FeatureSpec:
        """The log-mel of one channel: 256 bands of 100 ms every 40 ms. Source: S3 Table 1, S5 section 4.2.

        The last frame may reach past the clip's end, where there are zeros: that is what gives S5's 249 frames in 10 s.
        """
        window, hop = round(WINDOW * self.rate), round(HOP * self.rate)
        frames = 1 + -(-(self.samples - window) // hop)
        return FeatureSpec(self.rate, window, hop, self.mels, seconds=(window + (frames - 1) * hop) / self.rate)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one clip."""
        if self.kind == WAVEFORM:
            return self.samples, self.channels
        return self.channels, self.bands.frames, self.mels

    @property
    def dtype(self) -> str:
        """Of what is stored."""
        return "int16" if self.kind == WAVEFORM else "float32"

    @property
    def preset(self) -> str:
        """What such features are called."""
        return f"scene-{self.kind}"

    def to_dict(self) -> dict[str, Any]:
        """The description as a JSON-able dict."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "SceneSpec":
        """The description from `to_dict`'s dict; an unknown key is refused."""
        check_keys(cls, values)
        return cls(**values)
