"""A model's description: everything but its weights."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from kd.errors import UserError, did_you_mean

STRIDES = {
    "deep": 1,
    "shallow": 1,
    "resnet": 8,
}  # architectures, and how many frames of features make one of their output
WIDEST = 8
ARCHITECTURES = tuple(STRIDES)
CHOICES: dict[str, tuple[str | int, ...]] = {
    "architecture": ARCHITECTURES,
    "sru_version": (1, 2),
    "recurrent_activation": ("tanh", "identity"),
    "padding": ("same", "literal"),
    "direction": ("both", "forward"),
}


@dataclass(frozen=True)
class ModelConfig:
    """architecture: `deep` or `shallow` (S1, Tables 2 and 3) or `resnet` (S2); classes: names, in the order of the logits.

    width: of `resnet`, a factor of its channels; direction: `both`, or `forward`, where the recurrent networks walk the
    frames in order only. The other fields are those of the paper where it says them; see `deep`, `shallow` and `sru`.
    """

    architecture: str
    classes: tuple[str, ...]
    mels: int = 64
    sru_version: int = 1
    recurrent_activation: str = "tanh"
    padding: str = "same"
    width: float = 1.0
    direction: str = "both"

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            if isinstance(value, bool) or value not in choices:
                raise UserError(
                    f"model: {name}={value!r} is not one of {', '.join(map(str, choices))}",
                    did_you_mean(str(value), tuple(map(str, choices))),
                )
        if isinstance(self.mels, bool) or not isinstance(self.mels, int) or self.mels < 1:
            raise UserError(f"model: mels={self.mels!r} is not a positive whole number", "the paper's models take 64")
        if isinstance(self.width, bool) or not isinstance(self.width, int | float) or not 0 < self.width <= WIDEST:
            raise UserError(
                f"model: width={self.width!r} is not above 0 and at most {WIDEST}", "the paper's ResNet has 1"
            )
        classes = self.classes
        if not isinstance(classes, tuple) or not classes or not all(isinstance(c, str) and c for c in classes):
            raise UserError("model: classes must be one or more names", "name the classes to detect")
        if len(set(classes)) != len(classes):
            twice = next(c for c in classes if classes.count(c) > 1)
            raise UserError(f"model: class {twice!r} is named twice", "name each class once")

    @property
    def stride(self) -> int:
        """Frames of features to one frame of logits: frame j of the logits is centred on frame j · stride."""
        return STRIDES[self.architecture]

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**dataclasses.asdict(self), "classes": list(self.classes)}

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Strict: an unknown or missing key is a UserError."""
        known = tuple(field.name for field in dataclasses.fields(cls))
        for key in values:
            if key not in known:
                hint = did_you_mean(str(key), known) or f"known: {', '.join(known)}"
                raise UserError(f"model: unknown key {key!r}", hint)
        for key in ("architecture", "classes"):
            if key not in values:
                raise UserError(f"model: {key!r} is missing", "the description of the model is incomplete")
        classes = values["classes"]
        return cls(**{**values, "classes": tuple(classes) if isinstance(classes, list | tuple) else classes})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse of `to_json`."""
        try:
            values = json.loads(text)
        except ValueError as error:
            raise UserError(f"model: not JSON: {error}", "the description of the model is damaged") from error
        if not isinstance(values, dict):
            raise UserError("model: not a JSON object", "the description of the model is damaged")
        return cls.from_dict(values)
