"""A sqlite database that is whole or absent: made beside its place, by one process, and renamed in."""

import os
from collections.abc import Callable
from pathlib import Path

from kd.files import sync_folder
from kd.lock import locked
from kd.temporary import remove, temporary_name


def made_once(path: Path, make: Callable[[Path], None]) -> None:
    """Have `make` make a database where none is at `path`. It must leave one closed file.

    Several processes may ask for the same one: the others wait. One that is killed leaves nothing half made.
    """
    if _there(path):
        return
    lock = path.with_name(f"{path.name}.lock")
    with locked(lock, what=f"another process makes {path}", wait=True):
        if not _there(path):
            making = path.with_name(temporary_name(path.name))
            try:
                make(making)
                os.replace(making, path)
                sync_folder(path.parent)
            finally:
                remove(making)
        lock.unlink(missing_ok=True)


def _there(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0
