"""Several jobs at once: on one new store, on one corpus, on one model."""

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Place
from tests.faults.micro import MICRO
from tests.faults.test_bad_input import refused
from tests.jobs import without_identity


def fresh(place: Place) -> Place:
    """A place without any store."""
    for path in place.folder.glob("*.db*"):
        path.unlink()
    return place


def ended_alike(place: Place, corpus: Path, count: int) -> None:
    """Jobs started together, each on a model of its own: all end well, with the same result."""
    jobs = [place.start("iterate", data=corpus, model=f"model-{number}", **MICRO) for number in range(count)]
    said = [job.communicate(timeout=500)[0] for job in jobs]
    assert [job.returncode for job in jobs] == [0] * count, said
    found = [json.loads(path.read_text()) for path in (place.folder / "home").rglob("results-*.json")]
    assert len(found) == count
    assert all(without_identity(each) == without_identity(found[0]) for each in found[1:])
    (index,) = (place.folder / "home" / "features").glob("*/index.json")
    rows = json.loads(index.read_text())
    assert sorted(row for row, _ in rows.values()) == list(range(8))  # extracted once


@pytest.mark.slow
def test_four_jobs_at_once_on_one_new_sqlite_store(new_place: Callable[[], Place], micro: Path) -> None:
    place = fresh(new_place())
    ended_alike(place, micro, 4)
    with closing(sqlite3.connect(place.folder / "mlflow.db")) as database:
        assert {status for (status,) in database.execute("SELECT status FROM runs")} == {"FINISHED"}
        versions = Counter(name for (name,) in database.execute("SELECT name FROM model_versions"))
    assert versions == {f"model-{number}": 5 for number in range(4)}


@pytest.mark.slow
def test_a_second_job_on_one_model_is_told_who_is_at_work(place: Place, micro: Path) -> None:
    first = place.start("iterate", data=micro, **{**MICRO, "steps": 2000})
    try:
        assert first.stdout is not None
        for line in first.stdout:
            if "loss" in line:
                break
        done = place.run("iterate", data=micro, **MICRO)
        refused(done, f"another job works on model 'kd-sed' (process {first.pid}, since 20")
    finally:
        first.kill()
        first.communicate()


OPEN = """
from kd.tracking.store import open_store
from kd.tuning.store import open_studies
open_store()
open_studies().close()
print("open")"""


def test_a_store_killed_while_it_is_made_is_made_by_the_next(place: Place) -> None:
    fresh(place)
    for moment in (2.5, 4.0):
        try:
            subprocess.run([sys.executable, "-c", OPEN], cwd=place.folder, env=place.env, timeout=moment)
        except subprocess.TimeoutExpired:  # killed
            continue
        break
    beside = [
        subprocess.Popen([sys.executable, "-c", OPEN], cwd=place.folder, env=place.env, stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    assert [process.communicate(timeout=120)[0].strip() for process in beside] == [b"open"] * 3
    with closing(sqlite3.connect(place.folder / "mlflow.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM experiments").fetchone() == (1,)
    assert not list(place.folder.glob("*.lock"))
