"""Processes that share a study take turns to decide, and know which of them still live: locks that die with their holder."""

import contextlib
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kd.errors import UserError
from kd.lock import locked

DECIDING = 0x6B64  # "kd", one turn for all studies of a server's database


class Turns(Protocol):
    """What a study needs of its processes."""

    def deciding(self) -> AbstractContextManager[None]:
        """One process at a time is in here; the others wait."""

    def living(self) -> AbstractContextManager[str]:
        """A name for this process, known as alive until the end of the block or of the process."""

    def alive(self, name: str) -> bool:
        """Whether the process of this name lives. Asked while deciding."""


@dataclass(frozen=True)
class FileTurns:
    """By lock files in a folder, for processes that share a file system."""

    folder: Path

    @contextlib.contextmanager
    def deciding(self) -> Iterator[None]:
        """See `Turns`."""
        with locked(self.folder / "turn", what="", wait=True):
            yield

    @contextlib.contextmanager
    def living(self) -> Iterator[str]:
        """See `Turns`."""
        name = secrets.token_hex(8)
        with locked(self.folder / name, what=""):
            try:
                yield name
            finally:
                (self.folder / name).unlink(missing_ok=True)

    def alive(self, name: str) -> bool:
        """See `Turns`."""
        path = self.folder / name
        if not name.isalnum() or not path.exists():
            return False
        try:
            with locked(path, what=""):
                path.unlink(missing_ok=True)
        except UserError:
            return True
        return False


@dataclass(frozen=True)
class ServerTurns:
    """By PostgreSQL's advisory locks, which its server gives back when a connection ends. engine: of SQLAlchemy."""

    engine: Any

    @contextlib.contextmanager
    def deciding(self) -> Iterator[None]:
        """See `Turns`."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({DECIDING})")
            yield

    @contextlib.contextmanager
    def living(self) -> Iterator[str]:
        """See `Turns`."""
        name = str(secrets.randbits(61) + 2**61)
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.detach()  # from the pool: its end is the end of the lock
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({name})")
            yield name

    def alive(self, name: str) -> bool:
        """See `Turns`."""
        if not name.isdecimal():
            return False
        with self.engine.begin() as connection:
            return not connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({int(name)})").scalar()
