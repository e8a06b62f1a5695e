"""Features of a store on machines that do not see its files: rows in the depot, and a copy of those that are needed.

The rows of a store are only ever appended, so that chunks of them can be put in the depot, each a file named by its first
and last row, and every machine copies the chunks it needs to the same places of a sparse file.
"""

import json
import os
import secrets
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.config import home
from kd.depot import Depot
from kd.errors import UserError
from kd.files import atomic_write_text
from kd.lock import locked

ROWS = 256  # of a chunk
Span = tuple[int, int]


def name_in_depot(folder: Path) -> str:
    """What the store in a folder is called in the depot; empty where it has no name yet."""
    named = folder / "name"
    return named.read_text() if named.exists() else ""


def keep_rows(depot: Depot, array: Path, *, width: int, there: int, rows: int) -> None:
    """Put what the depot has not yet of a store's first `rows` rows there.

    width: bytes of a row; there: rows that are known to be there, 0: the depot is asked.
    """
    if not name_in_depot(array.parent):
        atomic_write_text(array.parent / "name", f"features/{array.parent.name}-{secrets.token_hex(8)}")
    name = name_in_depot(array.parent)
    known = [(0, there)] if there else _spans(depot, name, width)
    with array.open("rb") as file:
        for start, end in _absent(known, (0, rows)):
            for first in range(start, end, ROWS):
                last = min(first + ROWS, end)
                file.seek(first * width)
                depot.keep(f"{name}/{first}-{last}", file.read((last - first) * width))


def copied(
    depot: Depot, name: str, *, kind: str, shape: tuple[int, ...], rows: npt.NDArray[np.int64]
) -> npt.NDArray[Any]:
    """The array of a store, memory-mapped from this machine's copy, which has at least these rows when this returns.

    Raises UserError where the depot does not have them.
    """
    folder = home() / "depot" / name
    folder.mkdir(parents=True, exist_ok=True)
    width = int(np.dtype(kind).itemsize * np.prod(shape[1:], dtype=np.int64))
    needed = np.unique(rows)
    with locked(folder / "lock", what="another process copies the same features", wait=True):
        index = folder / "here.json"
        here: list[Span] = [(a, b) for a, b in json.loads(index.read_text())] if index.exists() else []
        if not _covered(here, needed):
            with (folder / "frames").open("r+b" if (folder / "frames").exists() else "w+b") as file:
                for start, end in sorted(_spans(depot, name, width)):
                    wanted = needed[(needed >= start) & (needed < end)]
                    if len(wanted) and not _covered(here, wanted):
                        file.seek(start * width)
                        file.write(depot.fetch(f"{name}/{start}-{end}"))
                        here.append((start, end))
                file.flush()
                os.fsync(file.fileno())
            atomic_write_text(index, json.dumps(here))
        if not _covered(here, needed):
            raise UserError(
                f"features that a task needs are not in the depot ({name})",
                "set KD_DEPOT for the job too, as on the machines that work for it",
            )
        with (folder / "frames").open("r+b") as file:
            if file.seek(0, os.SEEK_END) < shape[0] * width:
                file.truncate(shape[0] * width)
    return np.memmap(folder / "frames", dtype=kind, mode="r", shape=shape)


def _spans(depot: Depot, name: str, width: int) -> list[Span]:
    """The chunks of a store that are whole in the depot."""
    found = []
    for file, size in depot.sizes(name).items():
        first, _, last = file.partition("-")
        if first.isdecimal() and last.isdecimal() and size == (int(last) - int(first)) * width:
            found.append((int(first), int(last)))
    return found


def _absent(spans: list[Span], of: Span) -> list[Span]:
    """What is left of a span without others."""
    left, at = [], of[0]
    for start, end in sorted(spans):
        if start > at:
            left.append((at, min(start, of[1])))
        at = max(at, end)
        if at >= of[1]:
            return left
    return [*left, (at, of[1])] if at < of[1] else left


def _covered(spans: list[Span], rows: npt.NDArray[np.int64]) -> bool:
    inside = np.zeros(len(rows), dtype=bool)
    for start, end in spans:
        inside |= (rows >= start) & (rows < end)
    return bool(inside.all())
