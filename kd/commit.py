"""The commit that the project's checkout stands on, read from its files; git itself is not needed."""

import contextlib
import functools
import re
from pathlib import Path

from kd.config import PROJECT

COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
DEEPEST = 5  # references that name another, as git allows


@functools.cache
def project_commit() -> str:
    """The commit of this project as it was when first asked; empty where the project is no checkout."""
    return commit_of(PROJECT)


def commit_of(folder: Path) -> str:
    """The commit checked out in `folder`: a clone, a worktree or a submodule. Empty where it is none of these."""
    with contextlib.suppress(OSError, ValueError):
        own = _git_folder(folder)
        shared = own / _text(own / "commondir") if (own / "commondir").is_file() else own
        found = _text(own / "HEAD")
        for _ in range(DEEPEST):
            if COMMIT.fullmatch(found):
                return found
            found = _reference(found.removeprefix("ref:").strip(), own, shared)
    return ""


def _git_folder(folder: Path) -> Path:
    """`.git`, or the folder that a file of that name points at."""
    place = folder / ".git"
    return folder / _text(place).removeprefix("gitdir:").strip() if place.is_file() else place


def _reference(name: str, own: Path, shared: Path) -> str:
    """What a reference holds: of the worktree, of the clone, or packed; empty where there is none of that name."""
    for place in (own / name, shared / name):
        if place.is_file():
            return _text(place)
    packed = shared / "packed-refs"
    lines = _text(packed).splitlines() if packed.is_file() else []
    return next((line.partition(" ")[0] for line in lines if line.partition(" ")[2] == name), "")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()
