"""Settings: frozen dataclasses, parsed once from `--key value` words, strictly.

A settings class is a frozen dataclass whose fields are declared with `option`. Its field names are the parameters'
names everywhere: on the command line, in MLproject, in `config.json` and in the `cfg.*` parameters of a run.
"""

import dataclasses
import math
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from kd.errors import UserError, did_you_mean
from kd.text import broken

Settings = TypeVar("Settings")
PROJECT = Path(__file__).resolve().parent.parent
TRUE, FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


class HelpRequested(Exception):
    """`--help` was among the words."""


def option(
    default: Any,
    *,
    help: str,
    choices: tuple[str, ...] = (),
    low: float | None = None,
    high: float | None = None,
    odd: bool = False,
    unset: float | None = None,
) -> Any:
    """A field of a settings class. The default's type (bool, int, float or str) is the field's type.

    choices: the words allowed; low, high: closed bounds of a number; odd: a whole number that must be odd; unset: a number
    outside the bounds that stands for none given.
    """
    limits = {"help": help, "choices": choices, "low": low, "high": high, "odd": odd, "unset": unset}
    return dataclasses.field(default=default, metadata=limits)


def home() -> Path:
    """Where features, labels and step manifests live: `KD_HOME`, else `.kd` beside MLproject."""
    return user_path(os.environ.get("KD_HOME") or str(PROJECT / ".kd"), "KD_HOME").absolute()


def user_path(text: str, name: str) -> Path:
    """A path that the user gave as parameter `name`, `~` expanded. Raises UserError for what no file system takes."""
    try:
        if "\x00" in text:
            raise ValueError("embedded null byte")
        path = Path(text).expanduser()
        path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise UserError(f"{name}={text[:80]!r} is no path ({error})", "check the path") from None
    return path


def parse(kind: type[Settings], words: Sequence[str]) -> Settings:
    """Settings from the words after the command's name: `--key value` or `--key=value`.

    Raises UserError for an unknown key, a key given twice, a missing value, or a value that is not allowed.
    """
    if any(word in ("-h", "--help") for word in words):
        raise HelpRequested
    known = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    given: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            raise UserError(f"unexpected word {word!r}", "parameters are given as --name value")
        key, equals, value = word[2:].partition("=")
        key = key.replace("-", "_")
        if key not in known:
            raise UserError(
                f"unknown parameter {key!r}", did_you_mean(key, list(known)) or f"known: {', '.join(known)}"
            )
        if not equals:
            if not rest or _names_another(rest[0], known):
                raise UserError(f"parameter {key!r} has no value", f"write --{key} VALUE")
            value = rest.pop(0)
        if key in given:
            raise UserError(f"parameter {key!r} is given twice", "give it once")
        given[key] = value
    return from_text(kind, given)


def _names_another(word: str, known: Collection[str]) -> bool:
    return word.startswith("--") and word[2:].partition("=")[0].replace("-", "_") in known


def from_text(kind: type[Settings], given: Mapping[str, str]) -> Settings:
    """Settings from texts by name; what is not given keeps its default."""
    known = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    return kind(**{key: convert(known[key], text) for key, text in given.items()})


def convert(field: "dataclasses.Field[Any]", text: str) -> Any:
    """One value from its text, checked against the field's type, choices and bounds."""
    name, default, limits = field.name, field.default, field.metadata
    text = text.strip()
    if isinstance(default, bool):
        if text.lower() not in TRUE + FALSE:
            raise UserError(f"{name}={text!r} is neither true nor false", f"give {name}=true or {name}=false")
        return text.lower() in TRUE
    if isinstance(default, int | float):
        value = _number(name, text, isinstance(default, int), limits["low"], limits["high"], unset=limits["unset"])
        if limits["odd"] and value % 2 == 0:
            raise UserError(f"{name}={text} is even", f"{name} counts frames around a middle one: give 1, 3, 5, ...")
        return value
    if limits["choices"] and text not in limits["choices"]:
        raise UserError(
            f"{name}={text!r} is not one of {', '.join(limits['choices'])}",
            did_you_mean(text, limits["choices"]) or "give one of these",
        )
    if broken(text):
        raise UserError(
            f"{name}={text[:80]!r} holds a control character, or bytes that are not UTF-8", "give plain text"
        )
    return text


def convert_number(name: str, text: str, *, low: float, high: float) -> float:
    """One number of a list that is the value of a parameter. Raises UserError."""
    return float(_number(name, text.strip(), False, low, high))


def _number(
    name: str, text: str, whole: bool, low: float | None, high: float | None, *, unset: float | None = None
) -> int | float:
    kind = "a whole number" if whole else "a number"
    try:
        value = float(text)
    except ValueError:
        raise UserError(f"{name}={text!r} is not {kind}", f"give {kind}") from None
    if not math.isfinite(value) or (whole and value != int(value)):
        raise UserError(f"{name}={text!r} is not {kind}", f"give {kind}")
    if value != unset and ((low is not None and value < low) or (high is not None and value > high)):
        span = (
            f"from {_plain(low)} to {_plain(high)}"
            if low is not None and high is not None
            else (f"at least {_plain(low)}" if low is not None else f"at most {_plain(high or 0)}")
        )
        raise UserError(f"{name}={text} is out of range", f"{name} is {span}")
    return int(value) if whole else value


def _plain(bound: float) -> str:
    return str(int(bound)) if bound == int(bound) else f"{bound:g}"


def as_text(value: Any) -> str:
    """A value as MLproject and the command line spell it."""
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def help_text(kind: type[Any], *, command: str, about: str) -> str:
    """What `--help` prints."""
    rows = []
    for field in dataclasses.fields(kind):
        limits = field.metadata
        tail = f" [{'|'.join(limits['choices'])}]" if limits["choices"] else ""
        default = as_text(field.default)
        rows.append((f"--{field.name}", f"{limits['help']}{tail} (default: {default if default else 'empty'})"))
    wide = max((len(name) for name, _ in rows), default=0)
    listing = "\n".join(_wrapped(name.ljust(wide), text) for name, text in rows)
    return f"usage: {command} [--name value ...]\n\n{about.strip()}\n\nparameters:\n{listing}\n"


def _wrapped(name: str, text: str) -> str:
    import textwrap

    indent = " " * (len(name) + 4)
    return "\n".join(textwrap.wrap(text, 110, initial_indent=f"  {name}  ", subsequent_indent=indent))


def to_dict(settings: Any) -> dict[str, Any]:
    """Settings as a JSON-able dict."""
    return dataclasses.asdict(settings)


def say(text: str) -> None:
    """One line to the user on standard output, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
