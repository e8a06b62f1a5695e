"""A study finds, keeps, and refuses."""

import dataclasses
import json
from typing import Any

import pytest

from kd.errors import UserError
from kd.tuning.attempt import Attempt
from kd.tuning.outcome import Studied
from kd.tuning.space import Real, Space
from kd.tuning.store import Studies
from kd.tuning.study import run_study
from tests.tuning.worker import FIRST, SPACE, studied, worth

LINE = Space({"x": Real(0, 1)})


def line(studies: Studies, objective: Any, **how: Any) -> Studied:
    """A small study over one number."""
    how = {"name": "line", "trials": 4, "seed": 0, "sampler": "random", **how}
    return run_study(studies=studies, space=LINE, objective=objective, **how)


def test_the_best_of_all_attempts_is_found_and_everything_is_kept(studies: Studies) -> None:
    told: list[tuple[int, int]] = []
    found = studied(studies, trials=30, told=lambda done, of: told.append((done, of)))
    assert [row["number"] for row in found.trials] == list(range(30)) and found.counts == {"COMPLETE": 30}
    assert [row["settings"] for row in found.trials[:2]] == FIRST and found.enqueued == 2
    for row in found.trials:
        assert row["value"] == worth(row["settings"]) and row["notes"] == {"half": row["value"] / 2}
        assert row["constraints"] == {"x": pytest.approx(row["settings"]["x"] - 0.35)} and row["seconds"] > 0
        assert SPACE.checked(row["settings"], what="drawn") == row["settings"]
    best = max(row["value"] for row in found.trials if row["settings"]["x"] <= 0.35)
    assert found.value == best > max(worth(each) for each in FIRST) and found.feasible
    assert found.best == found.trials[found.number]["settings"] and worth(found.best) == best
    assert told == [(done, 30) for done in range(31)]


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_draws_depend_on_the_seed_and_only_on_it(studies: Studies, sampler: str) -> None:
    a, b, c = (
        studied(studies, name=name, seed=s, sampler=sampler, trials=16) for name, s in (("a", 1), ("b", 1), ("c", 2))
    )
    assert [row["settings"] for row in a.trials] == [row["settings"] for row in b.trials]
    assert [row["settings"] for row in a.trials[2:]] != [row["settings"] for row in c.trials[2:]]
    assert len({json.dumps(row["settings"]) for row in a.trials}) == len(a.trials)


def test_a_study_that_has_ended_makes_no_attempt(studies: Studies) -> None:
    def never(attempt: Attempt) -> float:
        raise AssertionError

    found = line(studies, lambda a: a.settings["x"])
    assert line(studies, never) == found


def test_more_trials_go_on_as_if_asked_at_once_and_fewer_are_the_first(studies: Studies) -> None:
    short, whole = studied(studies, name="a", trials=14), studied(studies, name="b", trials=20)
    grown = studied(studies, name="a", trials=20)
    assert [row["settings"] for row in grown.trials] == [row["settings"] for row in whole.trials]
    assert (grown.best, grown.number) == (whole.best, whole.number)
    assert studied(studies, name="a", trials=14) == short


def test_settings_given_twice_are_tried_once(studies: Studies) -> None:
    found = line(studies, lambda a: a.settings["x"], first=[{"x": 0.5}, {"x": 0.25}, {"x": 0.5}])
    assert [row["settings"]["x"] for row in found.trials[:2]] == [0.5, 0.25] and found.enqueued == 2
    assert [row["settings"]["x"] for row in found.trials].count(0.5) == 1


def test_of_equals_the_first_is_the_best(studies: Studies) -> None:
    found = line(studies, lambda a: float(a.number in (1, 3)), trials=6)
    assert (found.number, found.value, found.feasible) == (1, 1.0, True)


def test_a_broken_constraint_keeps_an_attempt_from_being_best(studies: Studies) -> None:
    def objective(attempt: Attempt) -> float:
        attempt.constraint("later", 1 - attempt.number)
        attempt.constraint("met", 0)
        return -attempt.number

    found = line(studies, objective)
    assert (found.number, found.value, found.feasible) == (1, -1.0, True)
    assert found.trials[0]["constraints"] == {"later": 1.0, "met": 0.0}


def test_where_no_attempt_meets_its_constraints_the_first_given_is_the_answer(studies: Studies) -> None:
    def objective(attempt: Attempt) -> float:
        attempt.constraint("never", 0.001)
        return attempt.number

    found = line(studies, objective, first=[{"x": 0.75}])
    assert (found.number, found.value, found.best, found.feasible) == (0, 0.0, {"x": 0.75}, False)


def test_optuna_reads_the_constraints_as_its_own(studies: Studies) -> None:
    import optuna

    studied(studies, trials=3)
    stored = optuna.load_study(study_name="s", storage=studies.uri).trials
    assert all(trial.constraints == {"x": trial.params["x"] - 0.35} for trial in stored)


def test_attempts_below_the_median_are_stopped_and_never_best(studies: Studies) -> None:
    def objective(attempt: Attempt) -> float:
        steps = 0
        for step in range(10):
            attempt.report(step, attempt.settings["x"] + step / 100)
            steps += 1
        attempt.note("steps", steps)
        return attempt.settings["x"]

    found = line(studies, objective, trials=20, pruner="median")
    stopped = [row for row in found.trials if row["state"] == "PRUNED"]
    assert found.counts == {"COMPLETE": 20 - len(stopped), "PRUNED": len(stopped)} and 3 < len(stopped) < 15
    for row in stopped:
        assert len(row["reports"]) < 10 and "steps" not in row["notes"]
        assert row["value"] == row["reports"][max(row["reports"])]
    assert found.value == max(row["settings"]["x"] for row in found.trials)
    assert all(len(row["reports"]) == 10 for row in line(studies, objective, name="whole").trials)


def test_a_training_that_diverges_is_stopped_without_a_value(studies: Studies) -> None:
    def objective(attempt: Attempt) -> float:
        attempt.report(0, float("nan") if attempt.number == 6 else 1.0)
        return 1.0

    found = line(studies, objective, trials=8, pruner="median")
    assert [(row["state"], row["value"]) for row in found.trials[5:7]] == [("COMPLETE", 1.0), ("PRUNED", None)]


@pytest.mark.parametrize("error", [UserError("no", "hint"), KeyboardInterrupt(), SystemExit(3), RuntimeError("bug")])
def test_what_an_objective_raises_comes_out_and_its_attempt_is_redone(studies: Studies, error: BaseException) -> None:
    seen: list[float] = []

    def objective(attempt: Attempt) -> float:
        seen.append(float(attempt.settings["x"] or 0))
        if len(seen) == 3:
            raise error
        return attempt.settings["x"]  # type: ignore[return-value]

    with pytest.raises(type(error)) as caught:
        line(studies, objective)
    assert caught.value is error
    found = line(studies, objective)
    assert seen[2] == seen[3] and found.counts == {"COMPLETE": 4, "FAIL": 1}
    states = [(row["number"], row["trial"], row["state"]) for row in found.trials]
    assert states[2:4] == [(2, 2, "FAIL"), (2, 3, "COMPLETE")]
    clean = line(studies, lambda a: a.settings["x"], name="clean")
    assert [row["settings"] for row in clean.trials] == [
        r["settings"] for r in found.trials if r["state"] == "COMPLETE"
    ]
    assert (clean.best, clean.value, clean.number) == (found.best, found.value, found.number)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "much"])
def test_an_objective_gives_a_finite_number(studies: Studies, value: Any) -> None:
    with pytest.raises(ValueError):
        line(studies, lambda a: value)


def test_what_an_attempt_is_told_twice_is_refused(studies: Studies) -> None:
    def twice(attempt: Attempt) -> float:
        attempt.constraint("c", 1)
        attempt.constraint("c", 2)
        return 0

    with pytest.raises(ValueError, match="'c' is told twice"):
        line(studies, twice)
    with pytest.raises(ValueError, match="step 1 is told twice"):
        line(studies, lambda a: a.report(1, 0) or a.report(1, 0) or 0)  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"space": Space({**SPACE.kinds, "x": Real(-1, 2)})}, "another space"),
        ({"space": Space({n: SPACE.kinds[n] for n in ("w", "x", "t", "c")})}, "another space"),
        ({"sampler": "random"}, "another sampler"),
        ({"pruner": "median", "seed": 6}, "another pruner and seed"),
        ({"first": FIRST[:1]}, "another first"),
    ],
)
def test_a_stored_study_that_draws_otherwise_is_refused(studies: Studies, change: dict[str, Any], says: str) -> None:
    found = studied(studies, trials=3)
    with pytest.raises(UserError, match=says) as caught:
        studied(studies, **{"trials": 3, **change})
    assert "another name" in caught.value.hint
    assert studied(studies, trials=3) == found


def test_a_study_of_another_program_is_refused_and_a_forgotten_one_begins_again(studies: Studies) -> None:
    import optuna

    optuna.create_study(study_name="line", storage=studies.uri).optimize(
        lambda t: t.suggest_float("x", 0, 1), n_trials=1
    )
    with pytest.raises(UserError, match="'line' was made by another program"):
        line(studies, lambda a: 1.0)
    assert studies.names() == ["line"]
    studies.forget("line")
    studies.forget("line")
    assert studies.names() == []
    assert len(line(studies, lambda a: 1.0).trials) == 4


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sampler": "tpee"}, "no sampler 'tpee'"),
        ({"pruner": "media"}, "no pruner 'media'"),
        ({"trials": 0}, "a study of 0 trials"),
        ({"name": ""}, "name of 0 characters"),
        ({"name": "x" * 401}, "name of 401 characters"),
        ({"first": [{"x": 2.0}]}, "x=2.0 is outside 0 to 1"),
    ],
)
def test_what_cannot_be_studied_is_refused_at_once(studies: Studies, change: dict[str, Any], says: str) -> None:
    with pytest.raises(UserError, match=says):
        line(studies, lambda a: 1.0, **change)
    assert studies.names() == []


@pytest.mark.parametrize(("sampler", "package"), [("cmaes", "cmaes"), ("gp", "torch")])
def test_a_sampler_says_which_package_it_needs(
    studies: Studies, monkeypatch: pytest.MonkeyPatch, sampler: str, package: str
) -> None:
    found = __import__("importlib.util").util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == package else found(name))
    with pytest.raises(UserError, match=f"sampler={sampler} needs {package}") as caught:
        studied(studies, sampler=sampler)
    assert caught.value.hint == f"pip install {package}"


def test_the_outcome_is_frozen(studies: Studies) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        line(studies, lambda a: 1.0).value = 2  # type: ignore[misc]
