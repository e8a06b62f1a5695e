"""Copies of files that other processes may be at work on."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from kd.files import digest_of
from kd.temporary import NAMED

Wanted = Callable[[Path], bool]


def tree(folder: Path) -> Iterator[Path]:
    """The plain files below a folder, links not followed; one that is absent is empty, and so is what vanishes meanwhile."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not NAMED.fullmatch(name))
        yield from (path for name in sorted(names) if (path := Path(place) / name).is_file() and not path.is_symlink())


def copy_tree(source: Path, target: Path, wanted: Wanted = lambda path: True) -> None:
    """Copy a folder's files, but for those that vanish meanwhile."""
    for path in tree(source):
        if not NAMED.fullmatch(path.name) and path.suffix != ".lock" and wanted(path.relative_to(source)):
            copy_file(path, target / path.relative_to(source))


def copy_file(path: Path, target: Path) -> None:
    """Copy one file if it is there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        shutil.copyfile(path, target)


def digests(folder: Path) -> dict[str, str]:
    """The sha256 of every file below a folder, by its path there."""
    return {str(path.relative_to(folder)): digest_of(path) for path in tree(folder)}
