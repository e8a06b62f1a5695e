"""Several teachers into small students through the entry points, on a small generated corpus, and on to a device."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Place
from tests.faults.test_bad_input import refused
from tests.forks import Forks
from tests.jobs import results_of, without_identity

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

QUICK = {"ratios": "50,100", "weightings": "convex,none", "steps": 8, "batch": 4, "threads": 1}
LOOK = """
import json, mlflow
client = mlflow.MlflowClient()
runs = client.search_runs(["0"], max_results=1000)
top = next(r for r in runs if r.info.run_name == "compress" and r.info.status == "FINISHED")
versions = client.search_model_versions("name='kd-sed-small'")
print(json.dumps({
    "runs": {r.info.run_name: [r.info.status, r.data.tags.get("mlflow.parentRunId", ""), r.data.metrics] for r in runs},
    "top": top.info.run_id,
    "artifacts": [f.path for f in client.list_artifacts(top.info.run_id)],
    "versions": {v.version: v.tags for v in versions},
    "files": {v.version: [f.path for f in client.list_artifacts(v.run_id, "device/int8")] for v in versions},
    "aliases": dict(client.get_registered_model("kd-sed-small").aliases),
}))"""


@pytest.fixture(scope="module")
def taught(new_place: Callable[[], Place], corpus: Path, forks: Forks) -> Place:
    """A place with teachers: a job of one pass."""
    place = new_place()
    place.forks = forks
    quick = {"passes": 1, "steps": 10, "batch": 4, "threads": 1, "tuning": "off", "sample": 0}
    done = place.ask("iterate", data=corpus, **quick)
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture(scope="module")
def compressed(taught: Place, corpus: Path) -> tuple[Place, str]:
    """The same with a finished job of students, and what it printed."""
    done = taught.ask("compress", data=corpus, strong="train/synthetic", **QUICK)
    assert done.returncode == 0, done.stderr
    return taught, done.stdout + done.stderr


def record_of(place: Place) -> dict[str, Any]:
    """The result of the job with students."""
    found = [json.loads(path.read_text()) for path in (place.folder / "home").rglob("results-*.json")]
    return next(each for each in found if each.get("kind") == "compress" and len(each["students"]) > 1)


def test_students_are_as_many_times_smaller_as_asked(compressed: tuple[Place, str]) -> None:
    record = record_of(compressed[0])
    assert len(record["students"]) == 4 and record["reference"] >= 332000
    largest = max(each["parameters"] for each in record["teachers"])
    together = sum(each["parameters"] for each in record["teachers"])
    for each in record["students"]:
        assert each["parameters"] * each["ratio"] <= record["reference"]
        smaller = each["smaller"]
        assert smaller["reference"] == record["reference"] / each["parameters"] >= each["ratio"]
        assert smaller["all_teachers"] == together / each["parameters"]
        assert smaller["best_teacher"] <= max(record["reference"], largest) / each["parameters"]
        assert 0 < each["multiplications"] < 10**7


def test_teachers_are_weighed_for_each_class(compressed: tuple[Place, str]) -> None:
    record = record_of(compressed[0])
    names = [each["name"] for each in record["teachers"]]
    assert 1 <= len(names) <= 3 and record["best_teacher"] in names
    assert len(record["disagreement"]) == len(names)
    assert set(record["weightings"]) == {"convex", "mean", "best"}
    for name, each in record["weightings"].items():
        assert list(each["weights"]) == record["classes"]
        for weights in each["weights"].values():
            assert list(weights) == names and sum(weights.values()) == pytest.approx(1)
            assert name != "mean" or len(set(weights.values())) == 1
            assert name != "best" or sorted(weights.values())[-1] == 1
        assert each["select"]["tuned"]["macro"]["f1"] is not None
    assert "NaN" not in json.dumps(record)


def test_differences_are_paired_and_those_of_the_figures(compressed: tuple[Place, str]) -> None:
    record = record_of(compressed[0])
    best = next(each for each in record["teachers"] if each["name"] == record["best_teacher"])
    by_name = {each["name"]: each for each in record["students"]}
    f1 = lambda each, role: each[role]["tuned"]["macro"]["f1"]  # noqa: E731
    for name, each in by_name.items():
        for role in ("select", "report"):
            found = each["differences"][role]
            if None in (f1(each, role), f1(best, role)):
                continue
            assert found["to_best_teacher"]["value"] == pytest.approx(f1(each, role) - f1(best, role))
            assert found["of_int8"]["value"] == pytest.approx(f1(each["int8"], role) - f1(each, role))
            assert ("to_none" in found) == (each["weighting"] != "none")
            if "to_none" in found:
                alone = by_name[name.rpartition("-")[0] + "-none"]
                assert found["to_none"]["value"] == pytest.approx(f1(each, role) - f1(alone, role))


def test_it_prints_its_tables(compressed: tuple[Place, str]) -> None:
    text = compressed[1]
    for words in (
        "the teachers together, macro event F1",
        "students, macro event F1",
        "minus best teacher",
        "minus without teachers",
        "int8 minus float32",
        "million multiply-adds",
        "expected training time",
        "proposed: small-",
        "models:/kd-sed-small@proposed",
    ):
        assert words in text, text


def test_runs_versions_and_files(compressed: tuple[Place, str]) -> None:
    place, _ = compressed
    record, found = record_of(place), json.loads(place.python(LOOK))
    for each in record["students"]:
        status, parent, metrics = found["runs"][each["name"]]
        assert (status, parent) == ("FINISHED", found["top"])
        assert {"select/event_f1/macro", "select/event_f1_int8/macro", "device/milliseconds/int8"} <= set(metrics)
        assert len(metrics) <= 100
        assert set(found["files"][str(each["version"])]) == {"device/int8/detect.py", "device/int8/network.onnx"}
        tags = found["versions"][str(each["version"])]
        labels = json.loads(tags["kd.labels"])
        assert labels["kind"] == ("tags+strong" if each["weighting"] == "none" else "teachers")
        assert ("kd.teachers" in tags) == (each["weighting"] != "none")
        assert each["weighting"] == "none" or tags["kd.teachers_model"] == "kd-sed"
    proposed = next(each for each in record["students"] if each["name"] == record["proposed"])
    assert found["aliases"] == {"proposed": proposed["version"]} and proposed["weighting"] != "none"
    assert {"results.json", "table.txt", "pareto.png", "config.json", "classes.json"} <= set(found["artifacts"])
    shown = place.ask("lineage", model=found["top"])
    assert shown.returncode == 0 and "learnt from labels of" in shown.stdout, shown.stdout + shown.stderr


def test_the_same_command_shows_the_same_result(compressed: tuple[Place, str], corpus: Path) -> None:
    place, first = compressed
    done = place.ask("compress", data=corpus, strong="train/synthetic", **QUICK)
    assert done.returncode == 0 and "this job is finished" in done.stdout
    tables = first[first.index("\nteachers, event F1") : first.index("\ntime: ")]
    assert tables in done.stdout


def test_on_a_device_without_torch(compressed: tuple[Place, str], corpus: Path, tmp_path: Path) -> None:
    place, _ = compressed
    done = place.ask("export", kind="device", model="models:/kd-sed-small@proposed", out=tmp_path / "device")
    assert done.returncode == 0, done.stderr
    clip = sorted((corpus / "audio" / "validation").rglob("*.wav"))[0]
    blocked = "import runpy, sys\nfor n in ('torch', 'kd', 'scipy', 'soundfile', 'numba'): sys.modules[n] = None\n"
    script = blocked + "sys.argv = sys.argv[1:]\nrunpy.run_path(sys.argv[0], run_name='__main__')"
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    words = [sys.executable, "-c", script, str(tmp_path / "device" / "detect.py"), str(clip)]
    run = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    theirs = place.ask("detect", audio=clip, model="models:/kd-sed-small@proposed", precision="float32")
    mine = [row.split("\t")[1:4] for row in run.stdout.splitlines()[1:]]
    other = [row.split("\t")[1:4] for row in theirs.stdout.splitlines()[1:]]
    rounded = lambda rows: sorted((round(float(a), 3), round(float(b), 3), label) for a, b, label in rows)  # noqa: E731
    assert rounded(mine) == rounded(other)


@pytest.mark.slow
def test_weak_labels_alone_convolutions_alone_and_embeddings(taught: Place, corpus: Path) -> None:
    quick = {"steps": 4, "batch": 4, "threads": 1, "report_on": "", "model": "kd-conv"}
    done = taught.ask("compress", data=corpus, architectures="small-conv", embedding=0.5, ratio=100, **quick)
    assert done.returncode == 0, done.stderr
    found = [json.loads(path.read_text()) for path in (taught.folder / "home").rglob("results-*.json")]
    record = next(each for each in found if each.get("model") == "kd-conv")
    (student,) = record["students"]
    assert student["name"] == "small-conv-100-convex" and student["report"] is None
    assert list(record["splits"]) == ["select"] and record["embedding"] == 0.5


def test_teachers_that_cannot_teach(taught: Place, corpus: Path, tmp_path: Path) -> None:
    quick = {"steps": 4, "batch": 4, "threads": 1}
    refused(taught.ask("compress", data=corpus, teachers="models:/kd-sed/99", **quick), "99")
    refused(taught.ask("compress", data=corpus, teachers="models:/nobody@merged", **quick), "nobody")
    refused(taught.ask("compress", data=corpus, clip_seconds=5, **quick), "clips of 10 s, not 5")
    refused(taught.ask("compress", data=corpus, ratio=900000, **quick), "the smallest has")
    own = Path(shutil.copytree(corpus, tmp_path / "own"))
    for table in (own / "metadata").rglob("*.tsv"):
        table.write_text(table.read_text().replace("Speech", "Whistle"))
    refused(taught.ask("compress", data=own, **quick), "does not know 'Whistle'")


@pytest.mark.slow
def test_an_interrupted_job_goes_on_and_ends_with_the_same_numbers(
    new_place: Callable[[], Place], corpus: Path, forks: Forks
) -> None:
    records = []
    for interrupted in (False, True):
        place = new_place()
        place.forks = forks
        quick = {"passes": 1, "steps": 10, "batch": 4, "threads": 1, "tuning": "off", "sample": 0}
        assert place.ask("iterate", data=corpus, **quick).returncode == 0
        given = {"data": corpus, "ratios": "50,100", "steps": 40, "batch": 4, "threads": 1, "workers": 1}
        if interrupted:
            process = place.start("compress", **given)
            assert process.stdout is not None
            for line in process.stdout:
                if "small-100-convex" in line and "loss" in line:
                    process.send_signal(signal.SIGKILL)
                    break
            process.wait()
            assert process.returncode == -signal.SIGKILL
        done = place.run("compress", **given)
        assert done.returncode == 0, done.stderr
        records.append(results_of(place))
    for record in records:
        for each in record["students"]:
            each.pop("costs")
    assert without_identity(records[0]) == without_identity(records[1])
