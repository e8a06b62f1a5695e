"""What `deploy/` starts: scripts are run, with Slurm's commands played by others; the rest is read."""

import dataclasses
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kd.passes.settings import IterateSettings
from tests.conftest import ROOT, Place
from tests.faults.micro import MICRO
from tests.jobs import results_of
from tests.postgres import free_port, needs_postgres
from tests.servers.tracking import TrackingServer

DEPLOY = ROOT / "deploy"
KNOWN = {each.name for each in dataclasses.fields(IterateSettings)}
SRUN = """#!/bin/sh
while case "$1" in --*) true ;; *) false ;; esac; do shift; done
exec "$@"
"""


def options(text: str) -> set[str]:
    """Parameters of the entry points that a text names."""
    commands = re.findall(r"entrypoints\.iterate((?: +(?:\\\n)?[^\s;&]+)*)", text)
    return {word for command in commands for word in re.findall(r"--(\w+)", command)}


@pytest.fixture
def on_server(tmp_path: Path) -> Iterator[str]:
    """The address of a tracking server."""
    server = TrackingServer(tmp_path, f"sqlite:///{tmp_path / 'runs.db'}")
    server.start()
    yield server.address
    server.kill()


@pytest.mark.parametrize("name", ["compose.yaml", "kuberay.yaml", "slurm.sh", "up.sh"])
def test_parameters_that_files_name_are_there(name: str) -> None:
    found = options((DEPLOY / name).read_text())
    assert "engine" in found and found <= KNOWN


def test_all_machines_of_the_containers_are_alike() -> None:
    found: Any = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = found["services"]
    for name in ("tracking", "head", "worker", "job"):
        assert services[name]["image"] == "kd-sed" and services[name]["environment"]["KD_HOME"] == "/home/kd"
        assert (ROOT / "deploy" / services[name]["build"]["context"] / services[name]["build"]["dockerfile"]).is_file()
    kube: Any = yaml.safe_load((DEPLOY / "kuberay.yaml").read_text())
    spec = kube["spec"]["rayClusterSpec"]
    pods = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    made = [pod["template"]["spec"]["containers"][0] for pod in pods]
    assert made[0]["image"] == made[1]["image"] and made[0]["env"] == made[1]["env"]


@pytest.mark.parametrize("name", ["up.sh", "down.sh", "slurm.sh"])
def test_scripts_say_what_is_missing(name: str) -> None:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "KD_"))}
    done = subprocess.run([DEPLOY / name], env=env, capture_output=True, text=True)
    assert done.returncode != 0 and re.search(r"usage:|a tracking server", done.stderr)


@needs_postgres
@pytest.mark.slow
@pytest.mark.cluster
def test_up_a_job_and_down(new_place: Callable[[], Place], micro: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    folder, place = tmp_path / "stack", new_place()
    for each in (tmp_path, *tmp_path.parents[:-1]):
        if each.owner() == tmp_path.owner():
            each.chmod(each.stat().st_mode | 0o011)  # PostgreSQL's own user reaches its folder
    ports = {name: str(free_port()) for name in ("MLFLOW_PORT", "POSTGRES_PORT", "RAY_PORT")}
    env = {**place.env, **ports, "PYTHON": sys.executable, "CPUS": "2"}
    try:
        with (tmp_path / "said").open("w") as said:
            up = subprocess.run([DEPLOY / "up.sh", folder], env=env, stdout=said, stderr=said, timeout=240)
        assert up.returncode == 0, (tmp_path / "said").read_text()
        for line in (folder / "env").read_text().splitlines():
            place.env |= dict(word.split("=", 1) for word in shlex.split(line)[1:])
        address = place.env["RAY_ADDRESS"]
        done = place.run("iterate", data=micro, engine="ray", address=address, **MICRO)
        assert done.returncode == 0, done.stderr
    finally:
        down = subprocess.run([DEPLOY / "down.sh", folder], env=env, capture_output=True, text=True, timeout=120)
    assert down.returncode == 0, down.stderr
    assert place.run("champions").returncode == 2  # the server is gone


@pytest.mark.slow
@pytest.mark.cluster
def test_a_slurm_allocation_of_two_nodes(
    new_place: Callable[[], Place], micro: Path, tmp_path: Path, on_server: str
) -> None:
    pytest.importorskip("ray")
    place = new_place()
    (tmp_path / "srun").write_text(SRUN)
    (tmp_path / "scontrol").write_text("#!/bin/sh\nprintf 'localhost\\n127.0.0.1\\n'\n")
    for name in ("srun", "scontrol"):
        (tmp_path / name).chmod(0o755)
    path = os.pathsep.join([str(tmp_path), str(Path(sys.executable).parent), place.env["PATH"]])
    env = {**place.env, "MLFLOW_TRACKING_URI": on_server, "PATH": path, "SLURM_JOB_NODELIST": "two"}
    env |= {"SLURM_JOB_ID": str(os.getpid()), "SLURM_CPUS_PER_TASK": "1", "PYTHONPATH": str(ROOT)}
    words = [word for key, value in MICRO.items() for word in (f"--{key}", str(value))]
    with (tmp_path / "said").open("w") as said:
        done = subprocess.run(
            [DEPLOY / "slurm.sh", "--data", micro, *words],
            env=env,
            cwd=place.folder,
            stdout=said,
            stderr=said,
            timeout=400,
            start_new_session=True,
        )
    assert done.returncode == 0, (tmp_path / "said").read_text()
    assert results_of(place)["classes"] == ["Bell", "Hum"]
