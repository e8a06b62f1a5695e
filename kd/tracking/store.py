"""The tracking store: where it is, that it answers, and what its failures mean."""

import contextlib
import logging
import os
import re
import shlex
import sqlite3
import sys
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kd.config import PROJECT
from kd.errors import UserError
from kd.text import masked
from kd.tracking.birth import made_once
from kd.tracking.patience import Patience, PatientClient, is_away, said

SQLITE = "sqlite:///"
QUIET = ("mlflow", "alembic", "sqlalchemy")


def tracking_uri() -> str:
    """`MLFLOW_TRACKING_URI`, a sqlite path in it made absolute, else a sqlite file beside MLproject."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{PROJECT / 'mlflow.db'}"
    path = sqlite_path(uri)
    return f"{SQLITE}{path.absolute()}{uri[uri.find('?') :] if '?' in uri else ''}" if path else uri


def sqlite_path(uri: str) -> Path | None:
    """The file of a sqlite address; None for another kind of address."""
    return Path(uri.removeprefix(SQLITE).partition("?")[0]) if uri.startswith(SQLITE) else None


def check_shared(*, engine: str, address: str) -> None:
    """Raise UserError where work goes to other machines and the store is a file of this one."""
    path = sqlite_path(tracking_uri())
    if engine == "ray" and address != "local" and path:
        raise UserError(
            f"the tracking store is the file {path}, and engine=ray address={address} is for several machines",
            "start a tracking server (docs/server.md) and set MLFLOW_TRACKING_URI=http://…, or address=local",
        )


def open_store(*, there: bool = False) -> Any:
    """An MlflowClient on the tracking store, whose database exists when this returns, and which waits where it is away later.

    there: it must exist already, since what is asked for can only be in it. Raises UserError where the store does not answer.
    """
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # two lines for each run, on a server
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module="mlflow")
    uri = tracking_uri()
    path = sqlite_path(uri)
    if path and (path.is_dir() or not path.parent.is_dir()):
        raise UserError(f"the tracking store {path} cannot be a database there", "name a file in an existing folder")
    if path and not all(os.access(place, os.W_OK) for place in (path.parent, path) if place.exists()):
        raise UserError(
            f"the tracking store {path} cannot be written", "check owner and rights, or MLFLOW_TRACKING_URI"
        )
    if path and there and not path.exists():
        raise UserError(
            f"there is no tracking store at {path}", "run a job first (make iterate), or check MLFLOW_TRACKING_URI"
        )
    with store_errors(uri):
        import mlflow

        for name in QUIET:
            logging.getLogger(name).setLevel(logging.WARNING)
        logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # it prints what it raises as well
        if path:
            made_once(path, _make)
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(os.environ.get("MLFLOW_REGISTRY_URI") or uri)
        client = mlflow.MlflowClient()
        client.search_experiments(max_results=1)
    _write_ahead(path)
    return PatientClient(client, Patience())


def _make(path: Path) -> None:
    """MLflow's tables, which it makes in many steps."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    SqlAlchemyStore(f"{SQLITE}{path}", "./mlruns").engine.dispose()


def _write_ahead(path: Path | None) -> None:
    """sqlite's write-ahead log: readers such as the UI and writers do not wait for each other."""
    if path:
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA journal_mode=WAL")


@contextlib.contextmanager
def store_errors(uri: str | None = None) -> Iterator[None]:
    """Turn a store that is away, locked or full into a UserError that names it."""
    try:
        yield
    except Exception as error:
        text = said(error)
        uri = masked(uri or tracking_uri())
        if isinstance(error, ImportError):
            hint = "make install sets the environment up" if uri.startswith(SQLITE) else EXTRA
            raise UserError(f"a package is absent that the tracking store {uri} needs ({text})", hint) from error
        if not type(error).__module__.startswith(("mlflow", "sqlalchemy", "sqlite3", "requests", "urllib3")):
            raise
        if "disk is full" in text or "No space left" in text:
            raise UserError(f"the disk is full: {uri}", "free some space and run the same command again") from error
        if "out-of-date database schema" in text:
            raise UserError(
                f"the tables of the tracking store {uri} are those of another version of MLflow",
                f"back the database up, then run: mlflow db upgrade {shlex.quote(uri)}",
            ) from error
        if sign := DENIED.search(text):
            who = os.environ.get("MLFLOW_TRACKING_USERNAME", "")
            what = (
                "takes no such name and password"
                if "401" in sign[0]
                else f"gives {who or 'this user'} no right to do this"
            )
            raise UserError(
                f"the tracking store {uri} {what}",
                "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or ask who looks after the store",
            ) from error
        if is_away(error) or any(sign in text for sign in UNUSABLE):
            raise UserError(
                f"the tracking store {uri} does not answer ({_brief(text)})",
                "check MLFLOW_TRACKING_URI and that the store is up, then run the same command again",
            ) from error
        if getattr(error, "error_code", "") in WRONG or "does not exist" in text or "not found" in text.lower():
            raise UserError(
                f"{_brief(text)} (tracking store {uri})", "check the name and MLFLOW_TRACKING_URI"
            ) from error
        raise


def _brief(text: str) -> str:
    """At most 200 characters, cut between words."""
    return textwrap.shorten(text, 200, placeholder=" …")


EXTRA = "install it, for PostgreSQL with: pip install 'kd-sed[postgres]'"
WRONG = ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST", "INVALID_STATE", "BAD_REQUEST")
DENIED = re.compile(r"error code 40[13]|PERMISSION_DENIED|Permission denied")
UNUSABLE = (
    "unable to open database",
    "readonly database",
    "Unsupported URI",
    "not a supported",
    "file is not a database",
    "disk I/O error",
    "Could not parse",
    "No module named",
    "malformed",
)


def ui_command() -> str:
    """The exact command that opens the MLflow UI on this store."""
    uri = tracking_uri()
    if uri.startswith("http"):
        return f"open {uri} in a browser"
    program = Path(sys.prefix) / "bin" / "mlflow"
    return f"{shlex.quote(str(program))} ui --backend-store-uri {shlex.quote(masked(uri))} --port 5000"


def artifact_path(uri: str) -> Path | None:
    """The local folder behind an artifact address, where it is local."""
    path = uri.removeprefix("file://")
    return Path(path) if path.startswith("/") else None
