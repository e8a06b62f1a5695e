"""A share of `python -m tests.faults.kills`: killed at points of every kind, the job ends as one that never was."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize("kills", [2, pytest.param(12, marks=pytest.mark.slow)])
def test_a_killed_job_ends_as_if_it_had_not_been(kills: int) -> None:
    words = [sys.executable, "-m", "tests.faults.kills", "--kills", str(kills), "--seed", str(kills)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(": same") == kills
