"""Names that are safe to use: of clips as file names, of splits as paths, of classes as keys."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from kd.errors import UserError

SLUG_LENGTH = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def clip_name_problem(name: str) -> str:
    """Why `name` cannot be a clip's file name, or an empty string: a clip lies in its split's audio folder."""
    if not name:
        return "the file name is empty"
    if _CONTROL.search(name):
        return f"the file name {name!r} holds a control character"
    if name in (".", "..") or "/" in name or "\\" in name:
        return f"the file name {name!r} leads out of its audio folder"
    if len(name.encode()) > 255:
        return f"the file name {name[:40]!r}… is longer than 255 bytes"
    return ""


def class_name_problem(name: str) -> str:
    """Why `name` cannot be a class name, or an empty string."""
    if not name:
        return "a class name is empty"
    if _CONTROL.search(name):
        return f"the class name {name!r} holds a control character"
    if "," in name:
        return f"the class name {name!r} holds a comma"
    if len(name) > SLUG_LENGTH:
        return f"the class name {name[:40]!r}… is longer than {SLUG_LENGTH} characters"
    return ""


def check_split_name(name: str, *, role: str) -> None:
    """Raise UserError unless `name` is a plain path below metadata/, such as `train/weak`, without extension."""
    hint = "a split is named by its table's path below metadata/ without extension, such as train/weak"
    path = PurePosixPath(name)
    if (
        _CONTROL.search(name)
        or "\\" in name
        or path.is_absolute()
        or ".." in path.parts
        or str(path) != name
        or name == "."
    ):
        raise UserError(f"{role}={name!r} is not a split's name", hint)
    if path.suffix in (".tsv", ".csv"):
        raise UserError(f"{role}={name!r} is not a split's name", f"leave out {path.suffix}: {role}={name[:-4]}")
    if path.parts[0] == "metadata" and len(path.parts) > 1:
        raise UserError(f"{role}={name!r} is not a split's name", f"leave out metadata/: {role}={name[9:]}")


def class_slug(name: str) -> str:
    """A class name as metric keys, registry aliases and file names spell it: A-Z a-z 0-9 `_` `-`, all else is `_`.

    Raises UserError where the name is empty or longer than 200 characters.
    """
    if problem := class_name_problem(name):
        raise UserError(problem, "rename the class")
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)


RESERVED = ("macro", "micro")  # what metrics call means over classes


def check_slugs(classes: Iterable[str]) -> dict[str, str]:
    """{class: slug}. Raises UserError where two classes would share one, upper and lower case being the same."""
    slugs: dict[str, str] = {}
    taken: dict[str, str] = dict.fromkeys(RESERVED, "the mean over classes")
    for name in classes:
        slugs[name] = class_slug(name)
        other = taken.setdefault(slugs[name].lower(), name)
        if other != name:
            raise UserError(
                f"the classes {other!r} and {name!r} would share the key {slugs[name]!r}", "rename one of them"
            )
    return slugs
