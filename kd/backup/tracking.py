"""MLflow's database as a file: which artifacts its rows name, and the same rows with other places of them.

A copy keeps artifacts as MLflow lays them out: `<experiment>`, `<experiment>/<run>/artifacts` and
`<experiment>/models/<model>/artifacts`, wherever they lay before.
"""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from kd.errors import UserError
from kd.tracking.runs import OWNED
from kd.tracking.store import artifact_path

ADDRESSES = {"artifact_location", "artifact_uri", "storage_location"}  # columns that hold places of artifacts


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row says that artifacts lie. table, column, key: of the row; uri: its address; canonical: as in a copy."""

    table: str
    column: str
    key: tuple[str, str]
    uri: str
    canonical: PurePosixPath

    @property
    def folder(self) -> Path | None:
        """The folder, None where it is not on this machine."""
        return artifact_path(self.uri)


def places(path: Path) -> list[Place]:
    """The places that a database names: experiments, runs and logged models."""
    asked = (
        ("experiments", "artifact_location", "experiment_id", "experiment_id, ''", "{0}"),
        ("runs", "artifact_uri", "run_uuid", "experiment_id, run_uuid", "{0}/{1}/artifacts"),
        ("logged_models", "artifact_location", "model_id", "experiment_id, model_id", "{0}/models/{1}/artifacts"),
    )
    found = []
    with _opened(path) as database:
        for table, column, key, parts, layout in asked:
            for row in database.execute(f"SELECT {key}, {column}, {parts} FROM {table} ORDER BY {key}"):
                canonical = PurePosixPath(layout.format(row[2], row[3]))
                found.append(Place(table, column, (key, str(row[0])), str(row[1] or ""), canonical))
    return found


def put(path: Path, base: Path) -> None:
    """Have every row whose artifacts were on the machine of the database name their canonical place below `base`."""
    with _opened(path) as database, database:
        for place in places(path):
            if place.folder is None:
                continue
            key, value = place.key
            now = str(base / place.canonical)
            database.execute(f"UPDATE {place.table} SET {place.column} = ? WHERE {key} = ?", (now, value))
            if place.table != "experiments":
                database.execute(
                    "UPDATE model_versions SET storage_location = ? || substr(storage_location, ?) "
                    "WHERE storage_location = ? OR storage_location LIKE ? || '/%'",
                    (now, len(place.uri) + 1, place.uri, place.uri),
                )


def adopt(path: Path, owner: str) -> None:
    """Make the jobs of a database those of the machine and home that `owner`, the value of `OWNED`, says.

    What no job looks after and still ran is KILLED.
    """
    with _opened(path) as database, database:
        database.execute("UPDATE tags SET value = ? WHERE key = ?", (owner, OWNED))
        database.execute(
            "UPDATE runs SET status = 'KILLED', end_time = ? WHERE status = 'RUNNING' AND run_uuid NOT IN "
            "(SELECT run_uuid FROM tags WHERE key = ?)",
            (int(time.time() * 1000), OWNED),
        )


def models(path: Path) -> list[str]:
    """The names of all registered models."""
    with _opened(path) as database:
        return [name for (name,) in database.execute("SELECT name FROM registered_models ORDER BY name")]


def fingerprint(path: Path) -> tuple[str, dict[str, int]]:
    """sha256 over all rows of all tables, artifacts by their canonical places; and how many rows the tables have."""
    canonical = {place.uri: str(place.canonical) for place in places(path) if place.folder is not None}
    digest, counts = sha256(), {}
    with _opened(path) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in sorted(tables):
            rows = sorted(_rows(database, table, canonical))
            counts[table] = len(rows)
            digest.update(json.dumps([table, rows]).encode())
    return digest.hexdigest(), counts


def _rows(database: sqlite3.Connection, table: str, canonical: dict[str, str]) -> Iterator[str]:
    found = database.execute(f'SELECT * FROM "{table}"')
    addresses = [column[0] in ADDRESSES for column in found.description]
    for row in found:
        yield repr(
            [_canonical(value, canonical) if is_one else value for value, is_one in zip(row, addresses, strict=True)]
        )


def _canonical(uri: Any, canonical: dict[str, str]) -> Any:
    whole = str(uri)
    known = next((known for known in (whole, *map(str, PurePosixPath(whole).parents)) if known in canonical), None)
    return uri if known is None else canonical[known] + whole[len(known) :]


def copy(source: Path, target: Path) -> None:
    """A consistent copy of a sqlite database that may be in use. Raises UserError where it cannot be read."""
    try:
        with _opened(source) as theirs, closing(sqlite3.connect(target)) as ours:
            theirs.backup(ours)
            ours.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise UserError(
            f"{source} cannot be copied ({error})", "check that it is a sqlite database, and the disk"
        ) from None


def _opened(path: Path) -> "closing[sqlite3.Connection]":
    return closing(sqlite3.connect(path, timeout=60))
