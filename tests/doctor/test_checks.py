"""What doctor looks at, check by check."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from kd.doctor.environment import packages, python, required, space
from kd.doctor.leftovers import files
from kd.process import alive
from kd.temporary import temporary_name
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("found", "state"), [("3.11.0", "ok"), ("3.13.9", "ok"), ("3.10.4", "fault"), ("3.14.0", "fault")]
)
def test_python(found: str, state: str) -> None:
    assert python(found).state == state


def test_packages_are_those_of_the_project() -> None:
    wanted = required(ROOT / "pyproject.toml")
    assert {"torch", "mlflow", "optuna"} <= {each.name for each in wanted}
    assert packages(wanted).state == "ok"
    found = packages([Requirement("numpy<1"), Requirement("no-such-package>=1"), Requirement("scipy>=1")])
    assert found.state == "fault" and found.says.count(";") == 1
    assert "numpy is " in found.says and "no-such-package is absent" in found.says


def test_a_place_that_cannot_be_written_or_is_none(tmp_path: Path) -> None:
    assert space("here", tmp_path / "not" / "there" / "yet").state in ("ok", "warning")
    (tmp_path / "file").write_text("")
    assert space("file", tmp_path / "file").state == "fault"


def a_dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_half_written_files_of_the_dead_are_removed_and_no_others(tmp_path: Path) -> None:
    folder = tmp_path / "jobs" / "steps"
    folder.mkdir(parents=True)
    own = folder / temporary_name("features")
    own.write_text("half")
    dead = a_dead_process()
    assert not alive(dead) and alive(os.getpid())
    left = [
        path.with_name(path.name.replace(f"-{os.getpid()}-", f"-{dead}-"))
        for path in (own, tmp_path / temporary_name("x"))
    ]
    left[0].write_text("half")
    left[1].mkdir()
    (left[1] / "inside").write_text("half")
    kept = folder / f"train-{dead}.scratch"
    kept.mkdir()
    found = files(tmp_path)
    assert found.state == "note" and found.says.startswith("2 of processes that are gone") and found.mend is not None
    assert found.mend() == "2 removed"
    assert own.exists() and kept.exists() and not any(path.exists() for path in left)
    assert files(tmp_path).state == "ok"
