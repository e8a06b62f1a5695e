"""What the store says of versions, and what it no longer does."""

from typing import Any

import pytest

from kd.errors import UserError
from kd.tracking.lineage import found, job_run, version_of_run
from kd.tracking.runs import Runs
from tests.conftest import Place

MODEL = "kd-test"
JOB = "a" * 32


@pytest.fixture
def runs(place: Place, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """A store with a registered model of two versions."""
    for name in ("MLFLOW_TRACKING_URI", "KD_HOME"):
        monkeypatch.setenv(name, place.env[name])
    monkeypatch.delenv("MLFLOW_REGISTRY_URI", raising=False)
    monkeypatch.chdir(place.folder)
    from kd.tracking.store import open_store

    runs = Runs(open_store())
    runs.client.create_registered_model(MODEL)
    for number in (1, 2):
        run = runs.create(f"run-{number}", tags={"kd.kind": "candidate"})
        runs.params(run, {"architecture": "deep"})
        add(runs, run, {"kd.name": f"n{number}"})
    return runs


def add(runs: Runs, run: str, tags: dict[str, str]) -> Any:
    return runs.client.create_model_version(MODEL, f"runs:/{run}/model", run_id=run, tags=tags)


def test_a_version_comes_with_its_tags_and_its_runs_parameters(runs: Runs) -> None:
    known = found(runs, (MODEL, 1))
    assert known is not None and known.version.tags["kd.name"] == "n1" and known.params["cfg.architecture"] == "deep"


def test_what_is_gone_is_none_and_a_run_that_is_gone_says_nothing(runs: Runs) -> None:
    assert found(runs, (MODEL, 9)) is None and found(runs, ("nobody", 1)) is None
    runs.client.delete_run(runs.client.get_model_version(MODEL, "1").run_id)
    known = found(runs, (MODEL, 1))
    assert known is not None and known.params == {} and known.version.tags["kd.name"] == "n1"
    runs.client.delete_model_version(MODEL, "2")
    assert found(runs, (MODEL, 2)) is None


@pytest.mark.parametrize(("kept", "teachers"), [({"kd.teachers": "long"}, "long"), ([], None), (None, None)])
def test_tags_too_long_for_the_registry_are_read_from_the_run(runs: Runs, kept: Any, teachers: str | None) -> None:
    run = runs.create("long", tags={})
    if kept is not None:
        runs.json(run, kept, "origin.json")
    add(runs, run, {"kd.origin": "origin.json"})
    known = found(runs, (MODEL, 3))
    assert known is not None and known.version.tags.get("kd.teachers") == teachers


def test_a_job_stands_for_the_version_of_its_last_pass(runs: Runs) -> None:
    first, second = (runs.client.get_model_version(MODEL, number).run_id for number in ("1", "2"))
    top = runs.create("iterate", tags={"kd.kind": "iterate", "kd.iterate_id": JOB})
    with pytest.raises(UserError, match=r"results\.json"):
        version_of_run(runs, top)
    runs.json(top, {"passes": [{"run_id": second}, {"run_id": first}]}, "results.json")
    assert version_of_run(runs, top).number == 1 and version_of_run(runs, second).number == 2
    with pytest.raises(UserError, match="registered no model"):
        version_of_run(runs, runs.create("bare", tags={}))
    with pytest.raises(UserError, match="there is no run"):
        version_of_run(runs, "b" * 32)


def test_a_job_taken_over_has_one_top_run(runs: Runs) -> None:
    tags = {"kd.kind": "iterate", "kd.iterate_id": JOB}
    live = runs.create("iterate", tags=tags)
    runs.params(live, {"weak": "train/weak"})
    runs.create("iterate", tags={**tags, "kd.resumed_by": live})
    assert job_run(runs, JOB) == (live, {"cfg.weak": "train/weak"})
    assert job_run(runs, "c" * 32) == ("", {}) and job_run(runs, "' or 1") == ("", {})


def test_top_runs_name_the_commit(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kd.tracking.runs.project_commit", lambda: "c" * 40)
    top, below = runs.top("iterate", {}), runs.create("pass-01", tags={})
    tag = "mlflow.source.git.commit"
    assert (runs.tags_of(top) or {})[tag] == "c" * 40 and tag not in (runs.tags_of(below) or {})
    monkeypatch.setattr("kd.tracking.runs.project_commit", lambda: "")
    assert tag not in (runs.tags_of(runs.top("iterate", {})) or {})
