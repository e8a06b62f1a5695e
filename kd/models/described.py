"""Descriptions of networks as JSON, and what is checked in each."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from kd.errors import UserError, did_you_mean

WIDEST = 8


@dataclass(frozen=True)
class Described:
    """A frozen dataclass with `architecture` and `classes` among its fields, to JSON and back."""

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**dataclasses.asdict(self), "classes": list(self.classes)}  # type: ignore[attr-defined]

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


def check_choices(config: Any, choices: Mapping[str, tuple[str | int | bool, ...]]) -> None:
    """Raises UserError for a field that is none of its choices; true and 1 are different."""
    for name, allowed in choices.items():
        value = getattr(config, name)
        if not any(type(value) is type(each) and value == each for each in allowed):
            raise UserError(
                f"model: {name}={value!r} is not one of {', '.join(map(str, allowed))}",
                did_you_mean(str(value), tuple(map(str, allowed))),
            )


def check_width(width: float, hint: str) -> None:
    """Raises UserError for a width that is none."""
    if isinstance(width, bool) or not isinstance(width, int | float) or not 0 < width <= WIDEST:
        raise UserError(f"model: width={width!r} is not above 0 and at most {WIDEST}", hint)


def check_classes(classes: tuple[str, ...]) -> None:
    """Raises UserError for classes that are not one or more different names."""
    if not isinstance(classes, tuple) or not classes or not all(isinstance(c, str) and c for c in classes):
        raise UserError("model: classes must be one or more names", "name the classes to detect")
    if len(set(classes)) != len(classes):
        twice = next(c for c in classes if classes.count(c) > 1)
        raise UserError(f"model: class {twice!r} is named twice", "name each class once")
