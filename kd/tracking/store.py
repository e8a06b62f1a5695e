"""The tracking store: where it is, that it answers, and what its failures mean."""

import contextlib
import logging
import os
import sqlite3
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kd.config import PROJECT
from kd.errors import UserError

QUIET = ("mlflow", "alembic", "sqlalchemy")


def tracking_uri() -> str:
    """`MLFLOW_TRACKING_URI`, else a sqlite file beside MLproject."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{PROJECT / 'mlflow.db'}"


def open_store() -> Any:
    """An MlflowClient on the tracking store, whose database exists when this returns.

    Raises UserError where the store does not answer.
    """
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module="mlflow")
    uri = tracking_uri()
    with store_errors(uri):
        import mlflow

        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(os.environ.get("MLFLOW_REGISTRY_URI") or uri)
        for name in QUIET:
            logging.getLogger(name).setLevel(logging.WARNING)
        client = mlflow.MlflowClient()
        client.search_experiments(max_results=1)
    _write_ahead(uri)
    return client


def _write_ahead(uri: str) -> None:
    """sqlite's write-ahead log: readers such as the UI and writers do not wait for each other."""
    if uri.startswith("sqlite:///"):
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(sqlite3.connect(uri[len("sqlite:///") :])) as database,
        ):
            database.execute("PRAGMA journal_mode=WAL")


@contextlib.contextmanager
def store_errors(uri: str | None = None) -> Iterator[None]:
    """Turn a store that is away, locked or full into a UserError that names it."""
    try:
        yield
    except Exception as error:
        kind = f"{type(error).__module__}.{type(error).__name__}"
        if not kind.startswith(("mlflow.", "sqlalchemy.", "sqlite3.", "requests.", "urllib3.")):
            raise
        text = " ".join(str(error).split())
        uri = uri or tracking_uri()
        if "disk is full" in text or "No space left" in text:
            raise UserError(f"the disk is full: {uri}", "free some space and run the same command again") from error
        if any(sign in text for sign in AWAY):
            raise UserError(
                f"the tracking store {uri} does not answer ({text[:160]})",
                "check MLFLOW_TRACKING_URI and that the store is up, then run the same command again",
            ) from error
        if "does not exist" in text or "not found" in text.lower():
            raise UserError(f"{text[:200]} (tracking store {uri})", "check the name and MLFLOW_TRACKING_URI") from error
        raise


AWAY = (
    "Connection refused",
    "Max retries exceeded",
    "unable to open database",
    "database is locked",
    "API request to",
    "could not translate host",
    "Name or service not known",
    "maintenance mode",
    "readonly database",
    "Unsupported URI",
    "not a supported",
    "file is not a database",
    "could not connect",
    "connection failed",
    "disk I/O error",
    "Could not parse",
    "unavailable",
    "No module named",
    "Timeout",
    "timed out",
    "malformed",
)


def ui_command() -> str:
    """The exact command that opens the MLflow UI on this store."""
    uri = tracking_uri()
    if uri.startswith("http"):
        return f"open {uri} in a browser"
    return f"mlflow ui --backend-store-uri {uri} --port 5000"


def artifact_path(uri: str) -> Path | None:
    """The local folder behind an artifact address, where it is local."""
    path = uri.removeprefix("file://")
    return Path(path) if path.startswith("/") else None
