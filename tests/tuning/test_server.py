"""Studies in PostgreSQL, where its programs and psycopg are installed."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from kd.errors import UserError
from kd.tuning.store import open_studies
from tests.postgres import needs_postgres, postgres
from tests.tuning.conftest import worker
from tests.tuning.test_resume import drawn
from tests.tuning.worker import studied

pytestmark = needs_postgres


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an empty database."""
    with postgres() as place:
        yield f"{place}postgres"


@pytest.fixture
def address(server: str, database: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same, said in KD_OPTUNA_URI."""
    monkeypatch.setenv("KD_OPTUNA_URI", server)
    return server


def test_a_killed_study_goes_on_and_processes_share_one(address: str) -> None:
    studies = open_studies()
    whole = studied(studies, name="whole")
    killed = worker(name="broken", die_at=15)
    assert killed.communicate(timeout=60)[1] == "" and killed.returncode == -signal.SIGKILL
    broken = studied(studies, name="broken")
    assert broken.counts == {"COMPLETE": 25, "FAIL": 1} and drawn(broken) == drawn(whole)
    processes = [worker(name="shared", trials=30, nap=0.02, first=[]) for _ in range(3)]
    outs = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], outs
    assert sorted(int(line.split()[0]) for out, _ in outs for line in out.splitlines()) == list(range(30))
    assert studied(studies, name="shared", trials=30, first=[]).counts == {"COMPLETE": 30}
    studies.close()


def test_a_live_process_keeps_its_attempt(address: str) -> None:
    studies = open_studies()
    slow = worker(name="slow", trials=2, nap=1.5)
    assert slow.stdout is not None
    assert slow.stdout.readline().startswith("0 ")
    assert studied(studies, name="slow", trials=2).counts == {"COMPLETE": 2}
    assert slow.wait(timeout=60) == 0
    studies.close()


def test_the_schema_of_mlflow_is_refused_and_another_is_not_nor_one_that_is_yet_to_be_made(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlalchemy

    engine = sqlalchemy.create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        for words in (
            "SCHEMA theirs",
            "SCHEMA ours",
            "TABLE theirs.experiments ()",
            "TABLE theirs.registered_models ()",
        ):
            connection.exec_driver_sql(f"CREATE {words}")
    engine.dispose()
    monkeypatch.setenv("KD_OPTUNA_URI", f"{address}?options=-csearch_path%3Dtheirs")
    with pytest.raises(UserError, match="is MLflow's database") as caught:
        open_studies()
    assert "secret" not in caught.value.message
    for schema in ("ours", "none", "none"):
        monkeypatch.setenv("KD_OPTUNA_URI", f"{address}?options=-csearch_path%3D{schema}")
        opened = open_studies()
        assert opened.names() == []
        opened.close()


def test_a_server_that_goes_away_is_said(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KD_OPTUNA_URI", address.rpartition("/")[0] + "/none")
    with pytest.raises(UserError, match='database "none" does not exist'):
        open_studies()
