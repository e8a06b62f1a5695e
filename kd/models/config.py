"""A model's description: everything but its weights."""

from __future__ import annotations

from dataclasses import dataclass

from kd.errors import UserError
from kd.models.described import Described, check_choices, check_classes, check_width

STRIDES = {
    "deep": 1,
    "shallow": 1,
    "resnet": 8,
    "small": 1,
    "small-conv": 1,
}  # architectures, and how many frames of features make one of their output
ARCHITECTURES = tuple(STRIDES)
SMALL = ("small", "small-conv")  # those that are made to be scaled down
FRAMEWISE = ("resnet", "small-conv")  # those without a recurrent unit
CHOICES: dict[str, tuple[str | int | bool, ...]] = {
    "architecture": ARCHITECTURES,
    "sru_version": (1, 2),
    "recurrent_activation": ("tanh", "identity"),
    "padding": ("same", "literal"),
    "direction": ("both", "forward"),
    "pooling": ("mean", "linear"),
}


@dataclass(frozen=True)
class ModelConfig(Described):
    """architecture: `deep` or `shallow` (S1, Tables 2 and 3), `resnet` (S2), `small` or `small-conv` (for S4); classes:
    names, in the order of the logits.

    width: of all but the first two, a factor of channels; direction: `both`, or `forward`, where the recurrent networks
    walk the frames in order only; pooling: how clip tags are made of frames, of all but the residual network, which takes
    the loudest. The other fields are those of the paper where it says them; see `deep`, `shallow` and
    `sru`.
    """

    architecture: str
    classes: tuple[str, ...]
    mels: int = 64
    sru_version: int = 1
    recurrent_activation: str = "tanh"
    padding: str = "same"
    width: float = 1.0
    direction: str = "both"
    pooling: str = "mean"

    def __post_init__(self) -> None:
        check_choices(self, CHOICES)
        if isinstance(self.mels, bool) or not isinstance(self.mels, int) or self.mels < 1:
            raise UserError(f"model: mels={self.mels!r} is not a positive whole number", "the paper's models take 64")
        check_width(self.width, "the paper's ResNet has 1")
        check_classes(self.classes)

    @property
    def stride(self) -> int:
        """Frames of features to one frame of logits: frame j of the logits is centred on frame j · stride."""
        return STRIDES[self.architecture]
