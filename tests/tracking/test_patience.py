"""Stores that are away for a while."""

import sqlite3
import threading
import time
from contextlib import closing
from typing import Any

import pytest
from mlflow.exceptions import MlflowException

from kd.errors import UserError
from kd.tracking.patience import Patience, PatientClient, is_away
from kd.tracking.runs import Runs
from kd.tracking.store import open_store, store_errors
from tests.conftest import Place

GONE = "API request to http://x failed with exception HTTPConnectionPool: Max retries exceeded (Connection refused)"
NO_RIGHT = "API request to endpoint /api/2.0/x failed with error code 403 != 200. Response body: 'Permission denied'"


class Shaky:
    """A client that is away for some calls."""

    def __init__(self, away: int, versions: list[str] | None = None) -> None:
        self.away, self.made, self.calls = away, versions or [], 0
        self.name = "shaky"

    def ask(self, what: str) -> str:
        self.calls += 1
        if self.calls <= self.away:
            raise MlflowException(GONE)
        return what

    def search_model_versions(self, wanted: str) -> list[str]:
        return self.made

    def create_model_version(self, name: str, source: str, **about: Any) -> str:
        self.made.append(source)
        return self.ask(source)


def test_a_call_is_tried_again_until_it_answers_and_patience_is_whole_again(capsys: pytest.CaptureFixture[str]) -> None:
    patience = Patience(60)
    client = PatientClient(Shaky(away=2), patience)
    assert client.ask("x") == "x" and client.name == "shaky" and patience.left == 60
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("note: the store does not answer; trying again for 1:00 (API request")
    assert said[1].startswith("note: the store answers again, after 0:0")


def test_a_version_that_was_made_by_a_call_that_seemed_to_fail_is_not_made_twice() -> None:
    shaky = Shaky(away=1)
    assert PatientClient(shaky, Patience(60)).create_model_version("kd-sed", "models:/m-1") == "models:/m-1"
    assert shaky.made == ["models:/m-1"]


class Raced:
    """A client whose dataset another process makes at the same moment, a number of times."""

    def __init__(self, times: int, says: str) -> None:
        self.left, self.says = times, says

    def log_inputs(self, run: str, **named: Any) -> str:
        """Fails while others are first."""
        if self.left:
            self.left -= 1
            raise MlflowException(self.says)
        return run


@pytest.mark.parametrize(
    "says",
    [
        '(psycopg.errors.UniqueViolation) duplicate key value violates unique constraint "dataset_pk"',
        "(sqlite3.IntegrityError) UNIQUE constraint failed: datasets.experiment_id, datasets.name, datasets.digest",
    ],
)
def test_a_dataset_that_another_process_has_just_made_is_looked_for_again(says: str) -> None:
    assert PatientClient(Raced(2, says), Patience(0)).log_inputs("run", datasets=[]) == "run"
    with pytest.raises(MlflowException, match=r"unique|UNIQUE"):
        PatientClient(Raced(99, says), Patience(0)).log_inputs("run", datasets=[])
    with pytest.raises(MlflowException, match="too long"):
        PatientClient(Raced(1, "the name is too long"), Patience(0)).log_inputs("run", datasets=[])


def test_patience_ends_and_then_nothing_is_waited_for() -> None:
    patience = Patience(0.2)
    client = PatientClient(Shaky(away=99), patience)
    with pytest.raises(UserError, match="does not answer"), store_errors("http://x"):
        client.ask("x")
    start = time.monotonic()
    with pytest.raises(MlflowException):
        client.ask("x")
    assert patience.left == 0 and time.monotonic() - start < 0.2


def test_a_refusal_is_no_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    error = MlflowException(NO_RIGHT)
    assert not is_away(error) and is_away(MlflowException(GONE)) and not is_away(RuntimeError(GONE))
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "reader")
    with pytest.raises(UserError, match="gives reader no right") as caught, store_errors("http://x"):
        raise error
    assert "ask who looks after the store" in caught.value.hint


@pytest.mark.parametrize(("given", "seconds"), [("", 600.0), ("5", 5.0), ("0.5", 0.5), ("never", 600.0)])
def test_how_long_is_waited(monkeypatch: pytest.MonkeyPatch, given: str, seconds: float) -> None:
    monkeypatch.setenv("KD_STORE_PATIENCE", given)
    assert Patience().left == seconds


@pytest.mark.slow
def test_a_database_that_another_program_has_locked_is_waited_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", place.env["MLFLOW_TRACKING_URI"])
    monkeypatch.delenv("MLFLOW_REGISTRY_URI", raising=False)
    runs = Runs(open_store())
    held = 45.0  # longer than sqlite waits by itself
    began = threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(place.folder / "mlflow.db", isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            began.set()
            time.sleep(held)
            database.execute("ROLLBACK")

    holder = threading.Thread(target=hold)
    holder.start()
    began.wait()
    start = time.monotonic()
    run = runs.create("waited", tags={})
    assert time.monotonic() - start > held - 5 and len(run) == 32
    holder.join()
    assert [found.info.run_id for found in runs.find({})] == [run]
