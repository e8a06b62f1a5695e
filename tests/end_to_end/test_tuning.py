"""Studies inside a job and by themselves, through the entry points."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Place
from tests.jobs import QUICK, results_of

LOOK = """
import json, mlflow
client = mlflow.MlflowClient()
runs = {r.info.run_name: r for r in client.search_runs(["0"], max_results=1000)}
second, top = runs["pass-02"], runs["iterate"]
folders = ("", "studies/labels", "studies/student")
files = [f.path for folder in folders for f in client.list_artifacts(second.info.run_id, folder)]
page = open(client.download_artifacts(second.info.run_id, "studies/student/study.html")).read()
print(json.dumps({"tags": second.data.tags, "files": files, "metrics": top.data.metrics, "page": page}))"""


@pytest.fixture(scope="module")
def job(new_place: Callable[[], Place], corpus: Path) -> tuple[Place, str, dict[str, Any]]:
    """A finished job with exact matches and studies, what it printed, and its results."""
    place = new_place()
    done = place.run("iterate", data=corpus, accept="exact", architectures="shallow", **{**QUICK, "passes": 3})
    assert done.returncode == 0, done.stderr
    return place, done.stdout, results_of(place)


def test_every_pass_says_how_its_labels_were_made(job: tuple[Place, str, dict[str, Any]]) -> None:
    _, text, record = job
    first, second, third = (each["labels"] for each in record["passes"])
    assert first is None
    assert set(second["studies"]) == {"labels", "student"} and set(third["studies"]) == {"labels"}
    assert second["studies"]["labels"]["counts"] == {"COMPLETE": 5}
    assert sum(second["studies"]["student"]["counts"].values()) == 3
    for labels in (second, third):
        chosen = {key: each for study in labels["studies"].values() for key, each in study["best"].items()}
        assert {key: labels["settings"][key] for key in chosen} == chosen
        assert set(labels["quality"]) == {"now", "paper"} and 0 <= labels["quality"]["paper"]["f1"] <= 1
        assert set(labels["positive"]) == set(record["classes"]) and labels["accepted"]["clips"] <= 1
        assert set(labels["sha256"]) == {"median", "median+gaussian"}
    assert second["agreement"] is None and set(third["agreement"]) == set(record["classes"])
    assert third["threshold"] <= second["threshold"] or third["studies"]["labels"]["number"] > 0
    assert re.search(
        r"labels of pass 2: \w+, median of \d+ frames.*% of the weakly labelled clips accepted.*paper", text
    )


def test_studies_are_logged_once_on_the_pass(job: tuple[Place, str, dict[str, Any]]) -> None:
    seen = json.loads(job[0].python(LOOK))
    assert seen["tags"]["optuna.study"].count("/pass-02/") == 2
    for kind in ("labels", "student"):
        assert {f"studies/{kind}/{name}" for name in ("best.json", "trials.tsv", "study.html")} <= set(seen["files"])
    assert {"labels.png", "label-settings.json"} <= set(seen["files"])
    assert "<svg" in seen["page"] and "http://" not in seen["page"].replace("http://www.w3.org", "")
    assert {"labels/threshold", "labels/accepted/clips", "labels/event_f1/paper"} <= set(seen["metrics"])
    assert any(name.startswith("labels/positive/") for name in seen["metrics"])


@pytest.mark.slow
def test_a_study_by_itself_goes_on_where_it_was(job: tuple[Place, str, dict[str, Any]], corpus: Path) -> None:
    place = job[0]
    given = {"what": "student", "data": corpus, "student_steps": 4, "batch": 4, "threads": 1}
    short = place.run("tune", student_trials=2, **given)
    assert short.returncode == 0, short.stderr
    best = re.search(r"best, attempt \d+ \(\S+\): --labels \w+", short.stdout)
    assert best and "2 complete" in short.stdout and "optuna-dashboard" in short.stdout
    same = place.run("tune", student_trials=2, **given)
    assert best[0] in same.stdout and "attempt 0 " not in same.stderr
    longer = place.run("tune", student_trials=3, **given)
    assert longer.returncode == 0 and "attempt 2 4/4" in longer.stderr and "attempt 1 " not in longer.stderr


@pytest.mark.slow
@pytest.mark.parametrize("what", ["labels", "schedule", "training"])
def test_every_kind_of_study_prints_its_best_as_parameters(
    job: tuple[Place, str, dict[str, Any]], corpus: Path, what: str
) -> None:
    done = job[0].run(
        "tune", what=what, data=corpus, labels="binary", trials=3, student_trials=3, student_steps=4, batch=4, threads=1
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"best, attempt \d+.*?: (--.*)", done.stdout)
    assert found
    wanted = {"labels": "--window", "schedule": "--threshold_decay", "training": "--learning_rate"}[what]
    assert wanted in found[1]


def test_what_makes_no_sense_is_refused(job: tuple[Place, str, dict[str, Any]], asked: Place, corpus: Path) -> None:
    soft = job[0].run("tune", what="schedule", data=corpus, labels="soft")
    assert soft.returncode == 2 and "soft labels have no threshold" in soft.stderr
    empty = asked.ask("tune", data=corpus)
    assert empty.returncode == 2 and "has no champion of" in empty.stderr
    asked.env["KD_OPTUNA_URI"] = asked.env["MLFLOW_TRACKING_URI"]
    shared = asked.ask("iterate", data=corpus, passes=2)
    assert shared.returncode == 2 and "cannot share" in shared.stderr
