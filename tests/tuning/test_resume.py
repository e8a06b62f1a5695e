"""Processes that die, and processes side by side."""

import importlib.util
import os
import signal
from typing import Any

import pytest

from kd.tuning.outcome import Studied
from kd.tuning.store import Studies
from tests.tuning.conftest import worker
from tests.tuning.worker import studied


def drawn(found: Studied) -> list[tuple[int, str, float, dict[str, Any]]]:
    """All attempts that ended, as far as an interruption must not change them."""
    kept = ("number", "state", "value", "settings", "reports")
    return [tuple(row[key] for key in kept) for row in found.trials if row["state"] != "FAIL"]  # type: ignore[misc]


@pytest.mark.parametrize(
    "how",
    [
        {"sampler": "tpe"},
        {"sampler": "random"},
        {"sampler": "tpe", "pruner": "median", "prune": True},
        pytest.param(
            {"sampler": "cmaes"},
            marks=pytest.mark.skipif(not importlib.util.find_spec("cmaes"), reason="the package cmaes is absent"),
        ),
    ],
)
def test_a_killed_study_goes_on_as_if_it_had_not_been(studies: Studies, how: dict[str, Any]) -> None:
    whole = studied(studies, name="whole", **how)
    killed = worker(name="broken", die_at=15, **how)
    out, err = killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL, err
    assert len(out.splitlines()) == 16
    broken = studied(studies, name="broken", **how)
    assert broken.counts == {**whole.counts, "FAIL": 1}
    assert drawn(broken) == drawn(whole)
    assert (broken.best, broken.value, broken.number) == (whole.best, whole.value, whole.number)


def test_a_gaussian_process_goes_on_too(studies: Studies) -> None:
    how: dict[str, Any] = {"sampler": "gp", "trials": 12}
    whole = studied(studies, name="whole", **how)
    studied(studies, name="broken", **{**how, "trials": 11})
    assert drawn(studied(studies, name="broken", **how)) == drawn(whole)


def test_nothing_that_was_written_is_lost_by_kills_at_any_moment(studies: Studies) -> None:
    whole = studied(studies, name="whole", trials=30)
    made: list[int] = []
    for patience in (5, 9):
        process = worker(name="broken", trials=30)
        assert process.stdout is not None
        lines = [line for _, line in zip(range(patience), process.stdout, strict=False)]
        process.kill()
        lines += process.communicate(timeout=60)[0].splitlines()
        assert process.returncode == -signal.SIGKILL
        made += [int(line.split()[0]) for line in lines if line.endswith(("}", "}\n"))][
            :-1
        ]  # the last has perhaps not ended
    last = worker(name="broken", trials=30)
    made += [int(line.split()[0]) for line in last.communicate(timeout=60)[0].splitlines()]
    assert len(made) == len(set(made)) > 20
    broken = studied(studies, name="broken", trials=30)
    assert drawn(broken) == drawn(whole)
    assert broken.counts.get("FAIL", 0) <= 2


def test_processes_share_a_study_to_the_last_attempt(studies: Studies) -> None:
    processes = [worker(trials=30, nap=0.02, first=[]) for _ in range(3)]
    outs = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], outs
    done = [int(line.split()[0]) for out, _ in outs for line in out.splitlines()]
    assert sorted(done) == list(range(30))
    assert sum(bool(out) for out, _ in outs) > 1
    found = studied(studies, trials=30, first=[])
    assert found.counts == {"COMPLETE": 30} and [row["trial"] for row in found.trials] == list(range(30))


def test_a_live_process_keeps_its_attempt_and_a_dead_one_does_not(studies: Studies) -> None:
    slow = worker(trials=2, nap=1.5)
    assert slow.stdout is not None
    assert slow.stdout.readline().startswith("0 ")
    found = studied(studies, trials=2)
    assert slow.wait(timeout=60) == 0
    assert found.counts == {"COMPLETE": 2} and found.trials[0]["seconds"] > 1.4
    stopped = worker(name="other", trials=2, nap=60)
    assert stopped.stdout is not None
    assert stopped.stdout.readline().startswith("0 ")
    os.kill(stopped.pid, signal.SIGKILL)
    stopped.wait()
    assert studied(studies, name="other", trials=2).counts == {"COMPLETE": 2, "FAIL": 1}
    assert sorted(path.name for path in studies.turns.folder.iterdir()) == ["turn"]  # type: ignore[attr-defined]


def test_workers_say_nothing_of_optuna(studies: Studies) -> None:
    process = worker(trials=12, sampler="tpe", pruner="median", prune=True)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and err == ""
    assert [line.split()[0] for line in out.splitlines()] == [str(number) for number in range(12)]
