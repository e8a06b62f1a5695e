"""Where studies may live, and what is said where they cannot."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kd.config import PROJECT
from kd.errors import UserError
from kd.tuning.store import dashboard_command, open_studies, studies_uri
from tests.conftest import ROOT
from tests.tuning.worker import studied


def refused(*signs: str, wait: float = 10.0) -> UserError:
    """Opening the studies is refused with words that hold all signs."""
    with pytest.raises(UserError) as caught:
        open_studies(wait=wait)
    for sign in signs:
        assert sign in caught.value.message
    assert caught.value.hint
    return caught.value


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = (
        os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]).returncode == 0
    )
    if not mounted:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_studies_are_beside_mlproject_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KD_OPTUNA_URI", raising=False)
    assert studies_uri() == f"sqlite:///{PROJECT}/optuna.db"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KD_OPTUNA_URI", "sqlite:///here.db")
    assert studies_uri() == f"sqlite:///{tmp_path}/here.db"
    monkeypatch.setenv("KD_OPTUNA_URI", "postgresql://me:secret@host/db")
    assert studies_uri() == "postgresql://me:secret@host/db"
    assert dashboard_command().endswith("optuna-dashboard 'postgresql://me:***@host/db'")


def test_a_database_is_made_once_and_kept(database: Path) -> None:
    first = open_studies()
    found = studied(first, trials=3)
    first.close()
    assert sorted(path.name for path in database.parent.iterdir()) == ["optuna.db", "optuna.db.locks"]
    with closing(sqlite3.connect(database)) as raw:
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    second = open_studies()
    assert second.names() == ["s"] and studied(second, trials=3) == found
    second.close()


def test_processes_may_make_a_database_at_the_same_time(database: Path) -> None:
    script = "from kd.tuning.store import open_studies; open_studies()"
    words = [sys.executable, "-c", script]
    processes = [subprocess.Popen(words, cwd=ROOT, env=os.environ, stderr=subprocess.PIPE) for _ in range(3)]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], errors
    assert database.stat().st_size > 0


@pytest.mark.parametrize("name", ["a b%20c", "{SCHEMA_VERSION}{x}", "né#1"])
def test_any_name_of_a_file_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("KD_OPTUNA_URI", f"sqlite:///{tmp_path / name}")
    opened = open_studies()
    assert opened.names() == [] and (tmp_path / name).stat().st_size > 0
    opened.close()


def test_mlflows_file_is_refused_before_it_is_touched(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = database.with_name("link.db")
    link.symlink_to(database)
    for uri in (f"sqlite:///{database}", f"sqlite:///{link}"):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        assert "cannot share" in refused(str(database), "is MLflow's database").hint
        assert not database.exists()


def test_mlflows_database_is_known_by_its_tables(
    database: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = empty_store.read_bytes()
    monkeypatch.setenv("KD_OPTUNA_URI", f"sqlite:///{empty_store}")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:1")
    refused(str(empty_store), "is MLflow's database")
    assert empty_store.read_bytes() == before


def test_the_schema_of_mlflow_is_refused_without_asking_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://me:a@localhost:5432/db")
    monkeypatch.setenv("KD_OPTUNA_URI", "postgresql+psycopg://you:secret@localhost/db")
    assert "secret" not in refused("localhost/db is MLflow's database").message


def test_a_file_that_is_no_database_is_refused(database: Path) -> None:
    database.write_text("filename\tevent_labels\n" * 100)
    refused(str(database), "no database")
    assert database.read_text().startswith("filename")


def test_a_database_of_something_else_is_refused(database: Path) -> None:
    with closing(sqlite3.connect(database)) as raw:
        raw.execute("CREATE TABLE birds (name TEXT)")
    refused(str(database), "of something else")
    with closing(sqlite3.connect(database)) as raw:
        assert raw.execute("SELECT name FROM sqlite_master").fetchall() == [("birds",)]


def test_studies_of_another_optuna_are_refused(database: Path) -> None:
    open_studies().close()
    with closing(sqlite3.connect(database)) as raw, raw:
        raw.execute("UPDATE alembic_version SET version_num = 'v99.0.0.a'")
    refused(str(database), "another version of optuna")


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("optuna.db", "no address"),
        ("sqlite:/optuna.db", "no address"),
        ("sqlite://", "neither a sqlite file nor PostgreSQL"),
        ("sqlite:///optuna.db?mode=ro", "neither a sqlite file nor PostgreSQL"),
        ("mysql://me:secret@host/db", "neither a sqlite file nor PostgreSQL"),
        ("postgresql://host:port/db", "no address"),
    ],
)
def test_an_address_that_is_none_is_refused(
    database: Path, monkeypatch: pytest.MonkeyPatch, uri: str, says: str
) -> None:
    monkeypatch.setenv("KD_OPTUNA_URI", uri)
    error = refused(says)
    assert "KD_OPTUNA_URI" in error.hint and "secret" not in error.message


def test_a_server_that_is_away_or_whose_package_is_absent_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KD_OPTUNA_URI", "postgresql://me:secret@localhost:1/db")
    error = refused("localhost:1/db")
    assert "secret" not in error.message and ("postgres" in error.hint or "is up" in error.hint)


def test_a_folder_that_is_none_is_said(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database.mkdir()
    refused(str(database), "cannot be a database there")
    monkeypatch.setenv("KD_OPTUNA_URI", f"sqlite:///{database.parent}/none/optuna.db")
    refused("none/optuna.db", "cannot be a database there")


def test_a_database_that_another_program_has_locked_is_said(database: Path) -> None:
    open_studies().close()
    with closing(sqlite3.connect(database)) as raw:
        raw.execute("PRAGMA locking_mode=EXCLUSIVE")
        raw.execute("BEGIN EXCLUSIVE")
        assert "wait for it" in refused(str(database), "another program has locked", wait=0.1).hint
    open_studies().close()


def test_a_place_that_cannot_be_written_is_said(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KD_OPTUNA_URI", f"sqlite:///{small}/optuna.db")
    open_studies().close()
    subprocess.run(["mount", "-o", "remount,ro", small], check=True)
    refused(f"{small}/optuna.db", "cannot be written")


def test_a_full_disk_is_said_and_no_attempt_is_lost(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KD_OPTUNA_URI", f"sqlite:///{small}/optuna.db")
    (small / "filling").write_bytes(b"x" * (2**21 - 2**17))
    assert "free some space" in refused("the disk is full", "optuna.db").hint
    (small / "filling").unlink()
    opened = open_studies()
    before = studied(opened, trials=10)
    with pytest.raises(OSError), (small / "filling").open("wb", buffering=0) as filling:
        while True:
            filling.write(b"x" * 1024)
    with pytest.raises(UserError, match="the disk is full"):
        studied(opened, trials=1000)
    (small / "filling").unlink()
    after = studied(opened, trials=20)
    assert after.trials[:10] == before.trials and after.counts["COMPLETE"] == 20
    opened.close()
    monkeypatch.setenv("KD_OPTUNA_URI", f"sqlite:///{small.parent}/optuna.db")
    clean = open_studies()
    whole = studied(clean, trials=20)
    clean.close()
    kept = [row["settings"] for row in after.trials if row["state"] == "COMPLETE"]
    assert kept == [row["settings"] for row in whole.trials] and after.best == whole.best


def test_nothing_of_optuna_is_loaded_before_it_is_needed() -> None:
    heavy = {"optuna", "sqlalchemy", "matplotlib", "numpy"}
    script = f"import sys, kd.tuning.study, kd.tuning.pages; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr
