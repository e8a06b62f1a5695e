"""A job that is killed goes on and ends as if nothing had happened."""

import contextlib
import json
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Place
from tests.jobs import QUICK, results_of, without_identity

STATUS = """
import json, mlflow
runs = mlflow.MlflowClient().search_runs(["0"], max_results=1000)
print(json.dumps([[r.info.run_name, r.info.status, r.data.tags.get("kd.resumed_by", "")] for r in runs]))"""


def kill_at(place: Place, pattern: str, how: signal.Signals, **parameters: object) -> int:
    """Start `iterate`, send a signal at the first line that matches, return the exit code."""
    job = place.start("iterate", **parameters)
    assert job.stdout is not None
    for line in job.stdout:
        if re.search(pattern, line):
            job.send_signal(how)
            break
    job.communicate(timeout=300)
    return job.returncode


@pytest.mark.slow
def test_sigkill_in_a_study_and_in_pass_2_of_an_mlflow_run_changes_nothing(
    new_place: Callable[[], Place], corpus: Path
) -> None:
    whole, broken = new_place(), new_place()
    done = whole.run("iterate", data=corpus, **QUICK)
    assert done.returncode == 0, done.stderr
    for moment in (r"pass 2/2  .*attempt 1 ", r"pass 2/2  .*small-median\+gaussian"):
        job = broken.launch("iterate", data=corpus, **QUICK)
        assert job.stdout is not None
        for line in job.stdout:
            if re.search(moment, line):
                os.killpg(job.pid, signal.SIGKILL)
                break
        job.communicate(timeout=300)
    again = broken.launch("iterate", data=corpus, **QUICK)
    text, _ = again.communicate(timeout=500)
    assert again.returncode == 0 and "going on after pass 1" in text, text
    assert without_identity(results_of(broken)) == without_identity(results_of(whole))
    runs = json.loads(broken.python(STATUS))
    assert not [run for run in runs if run[1] == "RUNNING"]
    tops = [run for run in runs if run[0] == "iterate"]
    assert sorted(status for _, status, _ in tops) == ["FINISHED", "KILLED", "KILLED"]
    assert all(resumed for _, status, resumed in tops if status == "KILLED")


def test_sigterm_and_sigint_end_the_runs(place: Place, corpus: Path) -> None:
    for how, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        assert kill_at(place, r"pass 1/2  .*shallow", how, data=corpus, **QUICK) == code
        runs = json.loads(place.python(STATUS))
        assert not [run for run in runs if run[1] == "RUNNING"]


def workers_of(pid: int) -> list[int]:
    """Worker processes of a running job: children of its fork server."""
    parents, servers = {}, []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(folder.name)] = int(re.findall(r"PPid:\t(\d+)", (folder / "status").read_text())[0])
            if parents[int(folder.name)] == pid and b"multiprocessing.forkserver" in (folder / "cmdline").read_bytes():
                servers.append(int(folder.name))
    return [child for child, parent in parents.items() if parent in servers]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="finds worker processes in /proc")
@pytest.mark.slow
def test_a_killed_worker_is_one_clear_line_and_ends_the_runs(place: Place, corpus: Path) -> None:
    job = place.start("iterate", data=corpus, **{**QUICK, "steps": 60, "workers": 2})
    assert job.stdout is not None
    for line in job.stdout:
        if line.startswith("pass 1/2"):
            os.kill(workers_of(job.pid)[0], signal.SIGKILL)
            break
    text, _ = job.communicate(timeout=300)
    assert job.returncode == 2 and "error: a worker process was killed by signal 9\nhint: " in text, text
    assert {status for _, status, _ in json.loads(place.python(STATUS))} <= {"FAILED", "FINISHED"}


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="finds worker processes in /proc")
def test_workers_end_with_a_killed_job(place: Place, corpus: Path) -> None:
    job = place.start("iterate", data=corpus, **{**QUICK, "steps": 60, "workers": 2})
    assert job.stdout is not None
    workers: list[int] = []
    for line in job.stdout:
        if line.startswith("pass 1/2"):
            workers = workers_of(job.pid)
            job.kill()
            break
    job.communicate(timeout=60)
    assert len(workers) == 2
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline, "a worker outlived its job"
        time.sleep(0.05)
