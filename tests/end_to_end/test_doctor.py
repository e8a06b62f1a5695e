"""doctor through its entry point: what it finds in stores, and what fix=true mends."""

import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.conftest import Place
from tests.faults.test_bad_input import refused

LEFT = """
import platform
from kd.config import home
from kd.passes.recovery import owner_tags
from kd.tracking.registry import Registry
from kd.tracking.runs import Runs
from kd.tracking.store import open_store
client = open_store()
runs = Runs(client)
Registry(client, "kd-sed").ensure()
print(runs.create("candidate", tags=owner_tags("kd-sed")))
print(runs.create("elsewhere", tags={**owner_tags("kd-sed"), "kd.home": "another:/place"}))
"""
STATUS = """
import mlflow
for run in mlflow.MlflowClient().search_runs(["0"], order_by=["tags.`mlflow.runName`"]):
    print(run.info.run_name, run.info.status)
"""
HOLD = """
import sys, time
from kd.passes.job import model_locked
with model_locked("kd-sed"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_fresh_stores_are_nothing_to_worry_about(asked: Place) -> None:
    done = asked.ask("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing stands in the way of a job" in done.stdout and "fault" not in done.stdout
    assert "studies" in done.stdout and "is not there yet" in done.stdout


def test_runs_of_the_dead_are_ended_and_no_others(asked: Place) -> None:
    asked.python(LEFT)
    done = asked.ask("doctor")
    assert done.returncode == 0 and "1 still RUNNING" in done.stdout and "fix=true mends it" in done.stdout
    assert asked.python(STATUS).splitlines() == ["candidate RUNNING", "elsewhere RUNNING"]
    done = asked.ask("doctor", fix="true")
    assert done.returncode == 0 and "mended: 1 ended" in done.stdout, done.stdout
    assert asked.python(STATUS).splitlines() == ["candidate KILLED", "elsewhere RUNNING"]
    assert "RUNNING" not in asked.ask("doctor").stdout


def test_a_job_at_work_is_left_alone(asked: Place) -> None:
    asked.python(LEFT)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD], env=asked.env, cwd=asked.folder, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        done = asked.ask("doctor", fix="true")
        assert done.returncode == 0 and f"(process {holder.pid}, since 20" in done.stdout, done.stdout
        assert "mended" not in done.stdout
        assert asked.python(STATUS).splitlines() == ["candidate RUNNING", "elsewhere RUNNING"]
    finally:
        holder.kill()
        holder.wait()


def test_stores_that_cannot_be_used(asked: Place) -> None:
    store = asked.folder / "mlflow.db"
    with sqlite3.connect(store) as database:
        database.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
    (asked.folder / "optuna.db").write_text("no database at all, whatever it is called")
    done = asked.ask("doctor")
    refused(done, "2 of these would stop a job: tracking store, studies")
    assert "those of another version of MLflow" in done.stdout and "mlflow db upgrade" in done.stdout


def test_state_that_is_damaged(asked: Place) -> None:
    folder = Path(asked.env["KD_HOME"]) / "jobs" / "0123"
    folder.mkdir(parents=True)
    (folder / "job-abc.json").write_text('{"path": ')
    refused(asked.ask("doctor"), "would stop a job: state of jobs")
