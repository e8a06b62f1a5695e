"""The system of NEC 2019 through its entry point, on a small generated corpus."""

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Place
from tests.forks import Forks
from tests.jobs import results_of, tags_of, without_identity

QUICK = {
    "classes": "Speech,Cat",  # few, so that clips are recognised after a few steps
    "steps": 6,
    "updates": 2,
    "batch": 4,
    "width": 0.05,
    "threads": 1,
    "learning_rate": 0.001,
}
NETWORKS = ["stage-1", "without", "with"]
LOOK = """
import json, mlflow
client = mlflow.MlflowClient()
runs = client.search_runs(["0"], max_results=1000)
top = next(r for r in runs if r.info.run_name == "class_frame" and r.info.status == "FINISHED")
history = lambda name: [[m.step, m.value] for m in client.get_metric_history(top.info.run_id, name)]
print(json.dumps({
    "runs": [[r.info.run_name, r.info.status, r.data.tags.get("mlflow.parentRunId", "")] for r in runs],
    "top": top.info.run_id,
    "metrics": {r.info.run_name: r.data.metrics for r in runs},
    "shares": history("accepted_share"),
    "thresholds": history("threshold"),
    "versions": [v.tags["kd.name"] for v in client.search_model_versions("name='kd-sed'")],
    "artifacts": [f.path for f in client.list_artifacts(top.info.run_id)],
}))"""


@pytest.fixture(scope="module")
def finished(new_place: Callable[[], Place], corpus: Path, forks: Forks) -> tuple[Place, str]:
    """A finished job, and what it printed."""
    place = new_place()
    place.forks = forks
    done = place.ask("class_frame", data=corpus, **QUICK)
    assert done.returncode == 0, done.stderr
    return place, done.stdout + done.stderr


def test_results_compare_the_same_clip_steps_with_and_without(finished: tuple[Place, str]) -> None:
    record = results_of(finished[0])
    assert [each["name"] for each in record["networks"]] == NETWORKS
    assert [each["clip_steps"] for each in record["networks"]] == [24, 48, 48] and record["clip_steps"] == 72
    assert [update["threshold"] for update in record["updates"]] == [0.75, 0.25]
    assert all(0 <= update["share"] <= 1 and update["weak"] == 24 for update in record["updates"])
    assert record["updates"][0]["accepted"] > 0
    for split in ("select", "report"):
        for kind in ("fixed", "tuned"):
            change = record["differences"][split][kind]
            values = {each["name"]: each for each in record["networks"]}
            for based, place in (("event_based", split), ("segment_based", "segment_based")):
                figures = [values[n][place] if place == split else values[n][place][split] for n in ("without", "with")]
                f1 = [each[kind]["micro"]["f1"] for each in figures]
                if None not in f1:
                    assert change[based]["micro"]["f1"]["value"] == pytest.approx(f1[1] - f1[0])
    assert "NaN" not in json.dumps(record)


def test_it_prints_the_papers_table(finished: tuple[Place, str]) -> None:
    text = finished[1]
    assert "64 log-mel bands at 44100 Hz, 1024 frames of 9.8 ms" in text
    assert re.search(r"event-based F1 +95 % +segment-based F1", text) and "test/test, tuned operating points" in text
    assert "test/test, fixed operating points" in text
    assert re.search(r"ResNet without pseudo-labels +48", text) and re.search(r"ResNet with pseudo-labels +48", text)
    assert re.search(r"with minus without +[-+\d]", text)
    assert len(re.findall(r"update [12]/2: at threshold 0\.\d5, \d+ of 24", text)) == 2
    assert "the greatest is 1." in text and "expected training time" in text


def test_networks_are_runs_and_versions(finished: tuple[Place, str]) -> None:
    place = finished[0]
    found = json.loads(place.python(LOOK))
    assert sorted(found["versions"]) == sorted(NETWORKS)
    below = {name for name, _, parent in found["runs"] if parent == found["top"]}
    assert below == set(NETWORKS) and all(status == "FINISHED" for _, status, _ in found["runs"])
    assert [step for step, _ in found["shares"]] == [0, 1] and found["thresholds"] == [[0, 0.75], [1, 0.25]]
    assert {"config.json", "classes.json", "results.json", "table.txt"} <= set(found["artifacts"])
    assert "select/event_f1/macro" in found["metrics"]["with"] and len(found["metrics"]["with"]) <= 100
    assert {"report/event_f1_difference", "select/event_f1_difference_low"} <= set(found["metrics"]["class_frame"])


def test_versions_say_what_made_them(finished: tuple[Place, str]) -> None:
    place, tags = finished[0], tags_of(finished[0])
    first, without, with_labels = (tags[str(each["version"])] for each in results_of(place)["networks"])
    number = results_of(place)["networks"][0]["version"]
    assert first["kd.labels"] == without["kd.labels"] == {"kind": "tags+strong"} and "kd.teachers" not in first
    assert without["kd.teachers"] == with_labels["kd.teachers"] == {"Cat": number, "Speech": number}
    falling = {"start": 0.75, "decay": 0.5, "floor": 0.25, "updates": 2}
    assert with_labels["kd.labels"] == {"kind": "class-frame", **falling, "accept": "exact"}
    assert [each["rate"] for each in with_labels["kd.features"]] == [44100]
    shown = place.ask("lineage", model=results_of(place)["networks"][2]["run_id"])
    assert shown.returncode == 0 and f"└─ version {number}  stage-1 (resnet): " in shown.stdout, shown.stderr


def test_a_registered_resnet_is_scored_on_its_own_frames(finished: tuple[Place, str], corpus: Path) -> None:
    place, out = finished[0], finished[0].folder / "scores.json"
    record = results_of(place)
    with_labels = record["networks"][2]
    done = place.ask("evaluate", model=f"models:/kd-sed/{with_labels['version']}", data=corpus, resamples=0, out=out)
    assert done.returncode == 0, done.stderr
    found: Any = json.loads(out.read_text())
    same = with_labels["report"]["tuned"]["macro"]["f1"]
    assert found["event_based"]["macro"]["f1"] == same
    assert found["segment_based"]["macro"] == {
        key: value
        for key, value in with_labels["segment_based"]["report"]["tuned"]["macro"].items()
        if key != "f1_interval"
    }


@pytest.mark.slow
def test_a_killed_job_goes_on_and_ends_the_same(
    finished: tuple[Place, str], new_place: Callable[[], Place], corpus: Path, forks: Forks
) -> None:
    place = new_place()
    place.forks = forks
    job = place.start("class_frame", data=corpus, **QUICK)
    assert job.stdout is not None
    for line in job.stdout:
        if re.search(r"without 2/2 3/3 loss", line):
            job.send_signal(signal.SIGKILL)
            break
    job.communicate(timeout=300)
    assert job.returncode == -signal.SIGKILL
    again = place.ask("class_frame", data=corpus, **QUICK)
    assert again.returncode == 0, again.stderr
    assert "stage-1 6/6" not in again.stderr and "with 2/2 3/3" in again.stderr
    assert without_identity(results_of(place)) == without_identity(results_of(finished[0]))
    found = json.loads(place.python(LOOK))
    statuses = sorted(status for name, status, _ in found["runs"] if name == "class_frame")
    assert statuses == ["FINISHED", "KILLED"] and len(found["versions"]) == 3
    shown = place.ask("class_frame", data=corpus, **QUICK)
    assert shown.returncode == 0 and "this job is finished" in shown.stdout and "loss" not in shown.stderr
