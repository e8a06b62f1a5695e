"""A scene job that is killed goes on, and ends with the numbers of one that was not."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Place
from tests.jobs import results_of, without_identity

JOB = {"steps": 30, "batch": 4, "width": 0.05, "trials": 2, "threads": 1, "workers": 1, "networks": "waveform"}


@pytest.mark.slow
def test_sigkill_at_any_moment(new_place: Callable[[], Place], scenes: Path) -> None:
    whole, broken = new_place(), new_place()
    assert whole.run("scenes_specialists", data=scenes, **JOB).returncode == 0
    for pause in (9.0, 12.0, 15.0):
        process = broken.start("scenes_specialists", data=scenes, **JOB)
        time.sleep(pause)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    done = broken.run("scenes_specialists", data=scenes, **JOB)
    assert done.returncode == 0, done.stderr
    first, second = (without_identity(results_of(place)) for place in (whole, broken))
    assert first == second
    said = broken.python(
        "import mlflow; runs = mlflow.MlflowClient().search_runs(['0'], max_results=1000); "
        "print(sorted({(r.info.status, r.data.tags.get('kd.kind')) for r in runs if 'kd.resumed_by' in r.data.tags}))"
    )
    assert "RUNNING" not in said
