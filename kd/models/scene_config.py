"""A scene network's description: everything but its weights."""

from __future__ import annotations

from dataclasses import dataclass

from kd.audio.scene_spec import MEL, WAVEFORM
from kd.errors import UserError
from kd.models.described import Described, check_choices, check_classes, check_width

SOUNDS = {"waveform": WAVEFORM, "spectrogram": MEL, "mel": MEL}  # scene networks, and the kind of sound that each reads
CHOICES: dict[str, tuple[str | int | bool, ...]] = {"architecture": tuple(SOUNDS), "recurrent": (True, False)}


@dataclass(frozen=True)
class SceneConfig(Described):
    """architecture: `waveform` (S5 and S3, Table 2), `spectrogram` (S5, Table 3) or `mel` (S3, Table 3); classes: names, in
    the order of the logits.

    channels: of the sound; mels: bands that `spectrogram` and `mel` read; width: a factor of the channels of all
    convolutions, 1 being the papers'; recurrent: of `spectrogram`, False: its convolutions alone, the first step of its
    multi-step training.
    """

    architecture: str
    classes: tuple[str, ...]
    channels: int = 2
    mels: int = 256
    width: float = 1.0
    recurrent: bool = True

    def __post_init__(self) -> None:
        check_choices(self, CHOICES)
        for name in ("channels", "mels"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise UserError(f"model: {name}={value!r} is not a positive whole number", "the papers have 2 and 256")
        check_width(self.width, "the papers' networks have 1")
        check_classes(self.classes)

    @property
    def sound(self) -> str:
        """The kind of sound that it reads: `waveform` or `mel`."""
        return SOUNDS[self.architecture]
