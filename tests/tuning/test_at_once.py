"""Attempts made at the same time: what is drawn does not depend on which of them is faster, nor on interruptions."""

import threading
import time
from typing import Any

import pytest

from kd.tuning.attempt import Attempt
from kd.tuning.outcome import FAIL, Studied
from kd.tuning.space import Choice, Real, Space
from kd.tuning.store import Studies
from kd.tuning.study import run_study

SPACE = Space({"x": Real(0, 1), "y": Choice(("a", "b"))})


def worth(attempt: Attempt) -> float:
    """Best at 0.3 and b; told on the way, so that a pruner can stop it."""
    value = 1 - abs(attempt.settings["x"] - 0.3) + 0.1 * (attempt.settings["y"] == "b")  # type: ignore[operator]
    attempt.constraint("x", float(attempt.settings["x"]) - 0.8)
    for step in range(3):
        attempt.report(step, value - 0.1 * (2 - step))
    return value


def grouped(studies: Studies, objective: Any = worth, **how: Any) -> Studied:
    how = {"name": "grouped", "trials": 22, "seed": 3, "pruner": "median", "at_once": 4, **how}
    return run_study(studies=studies, space=SPACE, objective=objective, first=[{"x": 0.9, "y": "a"}], **how)


def rows(found: Studied) -> list[tuple[Any, ...]]:
    return [(row["number"], row["settings"], row["value"]) for row in found.trials if row["state"] != FAIL]


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_draws_do_not_depend_on_who_is_faster(studies: Studies, sampler: str) -> None:
    def slow_first(attempt: Attempt) -> float:
        time.sleep(0.03 * (3 - attempt.number % 4))
        return worth(attempt)

    a, b = (grouped(studies, how, name=how.__name__, sampler=sampler) for how in (worth, slow_first))
    assert rows(a) == rows(b) and len(a.trials) == 22 and a.counts == b.counts
    assert len({str(row["settings"]) for row in a.trials}) == 22


def test_a_group_is_at_work_at_the_same_time(studies: Studies) -> None:
    meet = threading.Barrier(4, timeout=20)

    def together(attempt: Attempt) -> float:
        meet.wait()
        return worth(attempt)

    assert len(grouped(studies, together, trials=8).trials) == 8


def test_an_interrupted_group_goes_on_with_the_same_draws(studies: Studies) -> None:
    whole = grouped(studies, name="whole")
    failing = {5, 13, 14}

    def breaks(attempt: Attempt) -> float:
        if attempt.number in failing:
            failing.remove(attempt.number)
            raise OSError(f"attempt {attempt.number}")
        return worth(attempt)

    for _ in range(2):
        with pytest.raises(OSError, match="attempt"):
            grouped(studies, breaks)
    assert not failing
    assert rows(grouped(studies, breaks)) == rows(whole)


def test_more_trials_go_on_as_if_asked_for_at_once(studies: Studies) -> None:
    grouped(studies, name="grown", trials=14)
    assert rows(grouped(studies, name="grown")) == rows(grouped(studies, name="whole"))
