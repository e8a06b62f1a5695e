"""Where an export goes: a folder that is there whole or not at all."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kd.errors import UserError
from kd.files import check_writable, sync_folder, unwritable
from kd.temporary import temporary_name

ABOUT = "export.json"
OURS = re.compile(r"network-\d+\.onnx|export\.json|detect\.py")


def check_place(out: Path, *, overwrite: bool) -> None:
    """Raises UserError where an export may not be written to `out`: only an earlier export is ever replaced."""
    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is no folder", "name another with out=")
    if not out.parent.is_dir():
        raise UserError(f"{out.parent} is no folder", "make it first, or name another with out=")
    names = sorted(each.name for each in out.iterdir()) if out.is_dir() else []
    foreign = [name for name in names if not OURS.fullmatch(name)]
    if foreign:
        raise UserError(f"{out} holds {foreign[0]!r}, which no export wrote", "name another folder with out=")
    if names and not overwrite:
        raise UserError(f"{out} holds an export already", "name another folder with out=, or give overwrite=true")
    check_writable(out)


@contextmanager
def replaced(out: Path) -> Iterator[Path]:
    """A new folder to write to, which becomes `out` at the end; nothing changes where that is not reached."""
    making = out.with_name(temporary_name(out.name))
    try:
        making.mkdir()
        yield making
        _swap(making, out)
    except OSError as error:
        raise unwritable(out, error) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _swap(making: Path, out: Path) -> None:
    if not out.exists():
        making.rename(out)
    else:
        old = out.with_name(temporary_name(out.name))
        out.rename(old)
        try:
            making.rename(out)
        except OSError:
            old.rename(out)
            raise
        shutil.rmtree(old, ignore_errors=True)
    sync_folder(out.parent)
