"""Fresh studies, in this process and in others."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kd.engines.local import let_idle_threads_sleep
from kd.tuning.store import Studies, open_studies
from tests.conftest import ROOT

let_idle_threads_sleep()


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where KD_OPTUNA_URI says that studies are; nothing is there."""
    path = tmp_path / "optuna.db"
    monkeypatch.setenv("KD_OPTUNA_URI", f"sqlite:///{path}")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    return path


@pytest.fixture
def studies(database: Path) -> Iterator[Studies]:
    """An open database without studies."""
    opened = open_studies()
    yield opened
    opened.close()


def worker(**how: Any) -> "subprocess.Popen[str]":
    """A process that runs a study of these `run_study` arguments on the same database."""
    words = [sys.executable, "-m", "tests.tuning.worker", json.dumps(how)]
    return subprocess.Popen(words, cwd=ROOT, env=os.environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
