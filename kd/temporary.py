"""Temporary files and folders: how they are named, and the end of those whose process is gone."""

import atexit
import contextlib
import fcntl
import os
import platform
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path

from kd.errors import UserError
from kd.process import alive

NAMED = re.compile(r"\..*\.([0-9a-f]{6})-(\d+)-[0-9a-f]{8}\.tmp")
OWN = "kd"  # what `own_folder` calls its folders
YOUNG = 60.0  # seconds in which a folder may not be locked yet


def temporary_name(name: str) -> str:
    """A hidden name beside `name` that no other process uses; it says which machine and process made it."""
    return f".{name[:100]}.{_machine()}-{os.getpid()}-{secrets.token_hex(4)}.tmp"


def abandoned(path: Path) -> bool:
    """Whether a file or folder is a temporary one, made on this machine by a process that is gone."""
    found = NAMED.fullmatch(path.name)
    return found is not None and found[1] == _machine() and not alive(int(found[2]))


def sweep(folder: Path, *, deep: bool = True) -> int:
    """Remove what is `abandoned` in a folder, and with `deep` below it; how many files and folders that was."""
    left = [path for path in (folder.rglob(".*.tmp") if deep else folder.glob(".*.tmp")) if abandoned(path)]
    for path in left:
        remove(path)
    return len(left)


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it; what cannot be removed stays."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def temporary_folder() -> Path:
    """Where the folders of processes lie."""
    folder = Path(tempfile.gettempdir())
    return folder.parent if NAMED.fullmatch(folder.name) else folder


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """Everything temporary that this process makes, libraries included, lies in one folder, gone at its end.

    The folders that killed processes left are removed first. One in which a process still holds its lock is let be, even
    where this machine does not know that process, as between containers.
    Raises UserError where no temporary file can be made.
    """
    try:
        above = Path(tempfile.gettempdir())
        _sweep_folders(above)
        folder = above / temporary_name(OWN)
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise UserError(
            f"no temporary file can be made ({error.strerror or error})", "free some space, or set TMPDIR"
        ) from None
    handle = os.open(folder, os.O_RDONLY)
    with contextlib.suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_SH)
    before = tempfile.tempdir, os.environ.get("TMPDIR")
    gone = partial(_emptied, folder)
    atexit.register(gone)  # before multiprocessing registers its own end, so after it
    try:
        tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
        yield folder
    finally:
        tempfile.tempdir = before[0]
        os.environ.pop("TMPDIR")
        if before[1] is not None:
            os.environ["TMPDIR"] = before[1]
        if gone():
            atexit.unregister(gone)
            os.close(handle)


def _emptied(folder: Path) -> bool:
    """Remove a folder, but for what a fork server of this process needs until its end; whether nothing is left."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if not path.name.startswith("pymp-"):
                remove(path)
        folder.rmdir()
    return not folder.exists()


def _sweep_folders(above: Path) -> None:
    for path in above.glob(f".{OWN}.*.tmp"):
        with contextlib.suppress(OSError):
            old = time.time() - path.stat().st_mtime > YOUNG
            if (old or abandoned(path)) and _unlocked(path):
                remove(path)


def _unlocked(folder: Path) -> bool:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _machine() -> str:
    return sha256(platform.node().encode()).hexdigest()[:6]
