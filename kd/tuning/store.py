"""Where studies live: the database, that it answers and is not MLflow's."""

import contextlib
import os
import re
import shlex
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kd.config import PROJECT
from kd.errors import UserError
from kd.text import masked
from kd.tracking.birth import made_once
from kd.tracking.store import SQLITE, sqlite_path, tracking_uri
from kd.tuning.library import optuna
from kd.tuning.store_errors import store_errors
from kd.tuning.turns import FileTurns, ServerTurns, Turns

APART = "name another database in KD_OPTUNA_URI: Optuna and MLflow cannot share one"
SEARCH_PATH = re.compile(r"-c\s*search_path=(\w+)\s*$")
ADDRESS = "KD_OPTUNA_URI is sqlite:////path/to/optuna.db or postgresql://user:password@host/database"


@dataclass(frozen=True)
class Studies:
    """An open database of studies; of one process, not to be carried over a fork.

    storage: optuna's, which remembers the trials it has read; turns: of the processes that share it.
    """

    uri: str
    storage: Any
    turns: Turns
    engines: tuple[Any, ...]

    def names(self) -> list[str]:
        """The names of all studies, sorted."""
        with store_errors(self.uri):
            return sorted(study.study_name for study in self.storage.get_all_studies())

    def forget(self, name: str) -> None:
        """Remove a study and its trials, where there is one of this name."""
        with store_errors(self.uri), self.turns.deciding(), contextlib.suppress(KeyError):
            self.storage.delete_study(self.storage.get_study_id_from_name(name))

    def close(self) -> None:
        """End all connections; of a sqlite database one file is left."""
        self.storage.remove_session()
        for engine in self.engines:
            engine.dispose()


def studies_uri() -> str:
    """`KD_OPTUNA_URI`, a sqlite path in it made absolute, else a sqlite file beside MLproject."""
    uri = os.environ.get("KD_OPTUNA_URI") or f"{SQLITE}{PROJECT / 'optuna.db'}"
    path = None if "?" in uri else sqlite_path(uri)
    return f"{SQLITE}{path.absolute()}" if path else uri


def dashboard_command() -> str:
    """The exact command that opens optuna-dashboard, once installed, on the studies."""
    program = Path(sys.prefix) / "bin" / "optuna-dashboard"
    return f"{shlex.quote(str(program))} {shlex.quote(masked(studies_uri()))}"


def open_studies(*, wait: float = 10.0) -> Studies:
    """The studies' database, made where there is none.

    A sqlite database keeps a write-ahead log and waits for the disk only at its checkpoints: a process that is killed
    loses nothing that was written, a machine that loses power perhaps its last trials. wait: seconds that a writer
    waits for another program's lock. Raises UserError for an address that is none, is MLflow's or cannot be used.
    """
    uri = studies_uri()
    path = None if "?" in uri else sqlite_path(uri)
    if path:
        _check_file(uri, path, wait)
    else:
        _check_address(uri)
    with store_errors(uri):
        return _opened_file(uri, path, wait) if path else _opened_server(uri)


def _check_file(uri: str, path: Path, wait: float) -> None:
    theirs = sqlite_path(tracking_uri())
    if theirs and os.path.realpath(theirs) == os.path.realpath(path):
        raise UserError(f"{path} is MLflow's database", APART)
    if path.is_dir() or not path.parent.is_dir():
        raise UserError(f"the studies {path} cannot be a database there", "name a file in an existing folder")
    if not all(os.access(place, os.W_OK) for place in (path.parent, path) if place.exists()):
        raise UserError(f"the studies {path} cannot be written", "check owner and rights, or KD_OPTUNA_URI")
    if path.exists():
        with store_errors(uri), contextlib.closing(sqlite3.connect(path, timeout=wait)) as database:
            _check_tables({name for (name,) in database.execute("SELECT name FROM sqlite_master")}, str(path))


def _check_tables(names: set[str], where: str) -> None:
    if {"experiments", "registered_models"} <= names:
        raise UserError(f"{where} is MLflow's database", APART)
    if names and where.startswith("/") and "studies" not in names:
        raise UserError(f"{where} is a database of something else", "name another file in KD_OPTUNA_URI")


def _check_address(uri: str) -> None:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(uri)
    except (ArgumentError, ValueError):
        raise UserError(f"{masked(uri)[:200]!r} is no address of a database", ADDRESS) from None
    if url.get_backend_name() != "postgresql":
        raise UserError(f"{masked(uri)[:200]!r} is neither a sqlite file nor PostgreSQL", ADDRESS)
    theirs = tracking_uri()
    if theirs.startswith("postgresql") and _schema(make_url(theirs)) == _schema(url):
        raise UserError(f"{masked(uri)} is MLflow's database", f"{APART}, nor one schema of it")


def _schema(url: Any) -> tuple[Any, ...]:
    """What two addresses of one PostgreSQL schema have in common."""
    return url.host or "localhost", url.port or 5432, url.database or url.username, url.query.get("options", "")


def _opened_file(uri: str, path: Path, wait: float) -> Studies:
    made_once(path, lambda place: _storage(place, wait, log="DELETE").engine.dispose())
    turns = FileTurns(path.with_name(f"{path.name}.locks"))
    with turns.deciding():
        made = _storage(path, wait, log="WAL")
    return Studies(uri, optuna().storages.get_storage(made), turns, (made.engine,))


def _storage(path: Path, wait: float, *, log: str) -> Any:
    """Optuna's storage on a file of any name."""
    from sqlalchemy.pool import QueuePool

    def connected() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=wait, check_same_thread=False)
        connection.execute(f"PRAGMA journal_mode={log}")
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    return optuna().storages.RDBStorage("sqlite://", {"creator": connected, "poolclass": QueuePool})


def _opened_server(uri: str) -> Studies:
    import sqlalchemy

    engine = sqlalchemy.create_engine(uri, pool_pre_ping=True)
    _make_schema(engine)
    with engine.connect() as connection:
        _check_tables(set(sqlalchemy.inspect(connection).get_table_names()), masked(uri))
    turns = ServerTurns(engine)
    with turns.deciding():
        made = optuna().storages.RDBStorage(uri.replace("{", "{{").replace("}", "}}"), {"pool_pre_ping": True})
    return Studies(uri, optuna().storages.get_storage(made), turns, (made.engine, engine))


def _make_schema(engine: Any) -> None:
    """The schema that the address names by `options=-csearch_path=…`, where there is none yet."""
    import sqlalchemy
    from sqlalchemy.schema import CreateSchema

    named = SEARCH_PATH.search(str(engine.url.query.get("options", "")))
    if named and not sqlalchemy.inspect(engine).has_schema(named[1]):
        with engine.begin() as connection:
            connection.execute(CreateSchema(named[1], if_not_exists=True))
