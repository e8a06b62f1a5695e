"""Files that are whole or absent: written beside their place, flushed to disk, renamed in."""

import contextlib
import json
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from kd.errors import UserError, surroundings
from kd.temporary import remove, temporary_name


def atomic_write_text(path: Path | str, text: str) -> None:
    """Write text as UTF-8, line ends as they are; see `atomic_write_bytes`."""
    atomic_write_bytes(path, text.encode("utf-8"))


def atomic_write_bytes(path: Path | str, data: bytes) -> None:
    """Write bytes so that `path` holds either its old content or all of the new one, whatever happens meanwhile.

    Parent folders are made; what a link points at is written, not the link. Raises UserError where the place cannot be
    written (no permission, full disk) or holds something other than a file, such as a device.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        what = "a folder" if target.is_dir() else "no plain file"
        raise UserError(f"cannot write {path}: it is {what}", "name a file")
    temporary = target.with_name(temporary_name(target.name))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "xb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, target)
        sync_folder(target.parent)
    except OSError as error:
        raise unwritable(target, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def check_writable(place: Path) -> None:
    """Raises UserError where nothing can be written at `place`: asked before work whose result goes there."""
    probe = place.with_name(temporary_name(place.name))
    try:
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        raise unwritable(place, error) from None


def check_folder(folder: Path) -> None:
    """Raises UserError where a folder is not there and cannot be made, or nothing can be written into it."""
    place = folder
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    if place.is_symlink() and not place.exists():
        raise UserError(f"{place} is a link that leads to nothing", "make the folder it leads to, or name another")
    if not place.is_dir():
        raise UserError(f"{place} is a file, and a folder is needed", "name another place")
    check_writable(place / (folder.name or "file"))


def unwritable(place: Path, error: OSError) -> UserError:
    """What to say where `place` could not be written."""
    bare = OSError(error.errno, error.strerror)
    cause = surroundings(bare) or UserError(error.strerror or str(error), "name a place that can be written")
    return UserError(f"cannot write {place}: {cause.message}", cause.hint)


@contextlib.contextmanager
def new_folder(place: Path) -> Iterator[Path]:
    """A folder to write into, beside `place`, which it becomes at the end: whole or not at all.

    Raises UserError where `place` is neither absent nor an empty folder, or cannot be written.
    """
    making = place.with_name(temporary_name(place.name))
    try:
        if place.exists() and (not place.is_dir() or any(place.iterdir())):
            raise UserError(f"{place}: the place is taken", "name an absent or empty folder")
        making.mkdir(parents=True)
        yield making
        sync_folder(making)
        os.replace(making, place)
        sync_folder(place.parent)
    except OSError as error:
        raise unwritable(place, error) from error
    finally:
        remove(making)


def digest_of(path: Path) -> str:
    """sha256 of a file's content."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def real(path: Path) -> Path:
    """A path with links resolved, as far as they lead: a link in a circle is left as it is, where `resolve` would raise."""
    return Path(os.path.realpath(path))


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder durable; nothing where the system cannot."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read_json(path: Path | str, *, hint: str) -> dict[str, Any]:
    """The JSON object in a file that this program wrote. Raises UserError where it is damaged."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error})", hint) from None
    if not isinstance(found, dict):
        raise UserError(f"{path} holds no JSON object", hint)
    return found
