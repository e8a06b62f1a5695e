"""Scene jobs through their entry points: runs, tables, registry, report, classify, resume."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.conftest import Place
from tests.forks import Forks
from tests.jobs import results_of, without_identity

QUICK = {"steps": 3, "batch": 4, "width": 0.05, "trials": 2, "threads": 1, "workers": 1, "precision": "float32"}
STORE = """
import json, mlflow
client = mlflow.MlflowClient()
model = client.get_registered_model("kd-scenes")
runs = client.search_runs(["0"], max_results=1000)
parents = [r for r in runs if r.data.tags.get("kd.kind", "").startswith("scenes_")]
versions = client.search_model_versions("name='kd-scenes'", max_results=1000)
print(json.dumps({
    "aliases": {alias: str(version) for alias, version in model.aliases.items()},
    "kinds": [r.data.tags.get("kd.kind") for r in runs],
    "status": sorted({r.info.status for r in runs}),
    "metrics": [sorted(r.data.metrics) for r in runs if r.data.tags.get("kd.kind") == "scene_network"][0],
    "parent": sorted(parents[-1].data.metrics),
    "tags": {str(v.version): dict(v.tags) for v in versions},
    "artifacts": [f.path for f in client.list_artifacts(parents[-1].info.run_id)],
}))"""


@pytest.fixture(scope="module")
def s5(new_place: Callable[[], Place], scenes: Path, forks: Forks) -> tuple[Place, str]:
    """A finished job of teacher and student, and what it printed."""
    place = replace(new_place(), forks=forks)
    done = place.ask("scenes_teacher_student", data=scenes, **QUICK)
    assert done.returncode == 0, done.stderr
    return place, done.stdout


@pytest.fixture(scope="module")
def s3(new_place: Callable[[], Place], scenes: Path, forks: Forks) -> tuple[Place, str]:
    """A finished job of specialists, and what it printed."""
    place = replace(new_place(), forks=forks)
    done = place.ask("scenes_specialists", data=scenes, **QUICK)
    assert done.returncode == 0, done.stderr
    return place, done.stdout


def test_s5_prints_the_papers_tables(s5: tuple[Place, str]) -> None:
    record, text = results_of(s5[0]), s5[1]
    assert [text.count(f"Table {i}:") for i in (4, 5, 6)] == [2, 2, 2]  # of both scored parts
    assert len(record["tables"]["table 4"]["systems"]) == 3 and set(record["tables"]["table 5"]["systems"]) == {
        "output", "embedding", "both",
    }  # fmt: skip
    assert set(record["tables"]["table 6"]) == {"waveform", "spectrogram", "ensemble"}
    assert set(record["differences"]) == {"waveform", "spectrogram", "ensemble"}
    assert "T=" not in text and "expected training time" in text and record["study"]["counts"] == {"COMPLETE": 2}


def test_figures_are_those_of_what_was_found(s5: tuple[Place, str]) -> None:
    record = results_of(s5[0])
    for part, clips in record["clips"].items():
        truth = np.array(clips["labels"])
        for system in record["systems"].values():
            found = np.array(system[part]["found"])
            assert system[part]["accuracy"]["value"] == pytest.approx((truth == found).mean())
            counts = np.zeros((10, 10), int)
            np.add.at(counts, (truth, found), 1)
            assert system[part]["confusion"] == counts.tolist()
        without, with_ = (record["systems"][name] for name in record["tables"]["table 6"]["ensemble"])
        change = np.mean(np.array(with_[part]["found"]) == truth) - np.mean(np.array(without[part]["found"]) == truth)
        assert record["differences"]["ensemble"][part]["value"] == pytest.approx(change)


def test_s3_prints_its_table_and_finds_its_pairs(s3: tuple[Place, str]) -> None:
    record, text = results_of(s3[0]), s3[1]
    assert text.count("Table 6:") == 2 and "most confused:" in text
    assert all(len(pairs) == 2 for pairs in record["pairs"].values())
    for name, names in record["tables"]["table 6"].items():
        before = np.array(record["systems"][names[0]]["select"]["confusion"])
        both = before + before.T
        most = max(both[i, j] for i in range(10) for j in range(i))
        first = [record["classes"].index(label) for label in record["pairs"][name][0]]
        assert both[tuple(first)] == most
        assert len(names) == 5 and record["systems"][names[4]]["teachers"][0] == names[0]
    assert {"waveform at equal steps", "mel at equal steps", "ensemble"} <= set(record["differences"])


@pytest.mark.parametrize("which", ["s5", "s3"])
def test_runs_registry_and_report(which: str, request: pytest.FixtureRequest) -> None:
    place, text = request.getfixturevalue(which)
    record, store = results_of(place), json.loads(place.python(STORE))
    assert store["status"] == ["FINISHED"] and store["kinds"].count("scene_ensemble") == 2
    assert store["kinds"].count("scene_network") == len(record["systems"]) - 2
    assert set(store["aliases"]) == {"merged", *(f"best-{label}" for label in record["classes"])}
    assert int(store["aliases"]["merged"]) == record["systems"][record["final"]]["version"]
    for label, won in record["champions"].items():
        said = json.loads(store["tags"][store["aliases"][f"best-{label}"]]["kd.accuracy"])[label]
        networks = [each for each in record["systems"].values() if len(each["architectures"]) == 1]
        best = max(each["select"]["classes"][label]["value"] for each in networks)
        assert said == best and int(store["aliases"][f"best-{label}"]) == won["version"]
    assert {"loss", "report/accuracy", "select/accuracy/tram", "report/accuracy_low"} <= set(store["metrics"])
    assert any(name.startswith("report/difference/") for name in store["parent"])
    assert {"results.json", "config.json", "table.txt", "report.html", "study", "confusions.png"} <= set(
        store["artifacts"]
    )
    (path,) = re.findall(r"^report: (.+)$", text, re.MULTILINE)
    page = Path(path).read_text()
    assert "confusion-before" in page and "confusion-after" in page and len(page) < 8e6
    again = place.ask("report", out=place.folder / "again.html")
    assert again.returncode == 0 and (place.folder / "again.html").read_text() == page, again.stderr


def test_a_finished_job_prints_its_result_again_and_another_seed_is_another_job(
    s3: tuple[Place, str], scenes: Path
) -> None:
    place = s3[0]
    before = results_of(place)
    again = place.ask("scenes_specialists", data=scenes, **QUICK)
    assert again.returncode == 0 and "this job is finished" in again.stdout and "Table 6" in again.stdout
    assert results_of(place) == before


def test_the_same_seed_gives_the_same_results(
    s3: tuple[Place, str], new_place: Callable[[], Place], scenes: Path, forks: Forks
) -> None:
    place = replace(new_place(), forks=forks)
    done = place.ask("scenes_specialists", data=scenes, **QUICK)
    assert done.returncode == 0, done.stderr
    assert without_identity(results_of(place)) == without_identity(results_of(s3[0]))


def test_what_a_student_learnt_from_is_kept_and_shown(s3: tuple[Place, str]) -> None:
    place, record = s3[0], results_of(s3[0])
    systems = record["systems"]
    done = place.ask("prune", model="kd-scenes")
    assert done.returncode == 0, done.stderr
    going = {line.split()[0] for line in done.stdout.splitlines() if "nothing: goes" in line}
    taught = {name for each in ("waveform student", "mel student") for name in systems[each]["teachers"]}
    assert not going & {str(systems[name]["version"]) for name in (*taught, "waveform student", "mel student")}
    shown = place.ask("lineage", model="models:/kd-scenes@merged")
    assert shown.returncode == 0, shown.stderr
    assert all(f"version {systems[name]['version']} " in shown.stdout for name in taught), shown.stdout


def rows(text: str) -> list[dict[str, str]]:
    head, *lines = [line.split("\t") for line in text.splitlines()]
    return [dict(zip(head, line, strict=True)) for line in lines]


def test_classify_says_what_the_job_found(s5: tuple[Place, str], scenes: Path, tmp_path: Path) -> None:
    place, record = s5[0], results_of(s5[0])
    clips = record["clips"]["report"]
    for row in range(0, len(clips["names"]), 4):
        (tmp_path / "some").mkdir(exist_ok=True)
        (tmp_path / "some" / Path(clips["names"][row]).name).write_bytes((scenes / clips["names"][row]).read_bytes())
    done = place.ask("classify", audio=tmp_path / "some", scores="true", precision="float32")
    assert done.returncode == 0, done.stderr
    found = {row["filename"]: row for row in rows(done.stdout)}
    wanted = record["systems"][record["final"]]["report"]["found"]
    said = [
        found[Path(clips["names"][row]).name]["scene_label"] == record["classes"][wanted[row]]
        for row in range(0, len(clips["names"]), 4)
    ]
    assert all(said)
    assert all(float(row["score"]) == max(float(row[label]) for label in record["classes"]) for row in found.values())


def test_classify_reads_long_sound_of_other_rates_and_writes_files(s3: tuple[Place, str], tmp_path: Path) -> None:
    place = s3[0]
    sound = np.random.default_rng(0).normal(0, 0.1, 44_100 * 11).astype(np.float32)
    soundfile.write(tmp_path / "long.flac", sound, 44_100)
    done = place.ask("classify", audio=tmp_path / "long.flac", pieces="true", out=tmp_path / "out.json", format="json")
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out.json").read_text())
    assert [(row["onset"], row["offset"]) for row in found] == [(0.0, 4.0), (4.0, 8.0), (8.0, 11.0)]
    best = place.ask("classify", audio=tmp_path / "long.flac", model="models:/kd-scenes@best-tram")
    assert best.returncode == 0 and len(rows(best.stdout)) == 1
    for given, said in (
        ({"audio": ""}, "audio= is empty"),
        ({"audio": tmp_path / "none.wav"}, "no such file"),
        ({"audio": tmp_path}, ""),
        ({"audio": tmp_path / "long.flac", "model": "models:/kd-scenes/999"}, "kd-scenes"),
        ({"audio": tmp_path / "long.flac", "model": tmp_path}, "classifier.json"),
        ({"audio": tmp_path / "long.flac", "out": tmp_path / "long.flac" / "x"}, "is a file"),
    ):
        done = place.ask("classify", **given)
        assert done.returncode == (2 if said else 0) and said in done.stderr, (given, done.stderr)


def test_a_detector_is_no_classifier_and_the_other_way_round(s3: tuple[Place, str], tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(16_000), 16_000)
    done = s3[0].ask("detect", audio=tmp_path / "a.wav", model="models:/kd-scenes@merged")
    assert done.returncode == 2 and "holds no detector" in done.stderr


def test_the_packaged_classifier_loads_without_pickle(s5: tuple[Place, str], scenes: Path) -> None:
    clip = next((scenes / "audio").glob("tram-evaluate-*"))
    script = f"""
import base64, mlflow, pandas as pd
model = mlflow.pyfunc.load_model("models:/kd-scenes@merged")
data = open(r"{clip}", "rb").read()
one = model.predict(pd.DataFrame({{"path": [r"{clip}"]}}))
two = model.predict(pd.DataFrame({{"audio": [data]}}), params={{"scores": True}})
print(list(one.columns), one.scene_label[0] == two.scene_label[0], len(two.columns))
try:
    model.predict(pd.DataFrame({{"audio": [b"no"]}}))
except Exception as error:
    print(error)"""
    said = replace(s5[0], env={**s5[0].env, "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}).python(script)
    assert "['filename', 'scene_label', 'score'] True 13" in said and "row 0: audio: cannot be read" in said


def refused(done: Any, *said: str) -> None:
    assert done.returncode == 2 and re.search("^error: ", done.stderr, re.MULTILINE), done.stderr
    assert "Traceback" not in done.stderr
    assert all(words in done.stderr for words in said), done.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"networks": "wave"}, "unknown network 'wave'"),
        ({"networks": ""}, "networks"),
        ({"train": "fold9_train"}, "there is no table"),
        ({"hold_out": 2}, "out of range"),
        ({"steps": 2, "epochs": 2}, "both given"),
        ({"clip_seconds": 0.01}, "shorter than a frame"),
        ({"clip_seconds": 0.5, "tuning": "off"}, "the model takes"),
        ({"model": "a/b"}, "no name for a model"),
        ({"temperature": 0}, "out of range"),
        ({"classes": "tram"}, "two scenes or more"),
    ],
)
def test_wrong_parameters(asked: Place, scenes: Path, given: dict[str, Any], said: str) -> None:
    refused(
        asked.ask("scenes_teacher_student", data=scenes, **{**QUICK, **given} if "epochs" not in given else given), said
    )


def test_wrong_corpora(asked: Place, own_scenes: Path, corpus: Path, tmp_path: Path) -> None:
    refused(asked.ask("scenes_specialists", data=corpus), "corpus of sound events")
    refused(asked.ask("iterate", data=own_scenes), "corpus of scenes")
    refused(asked.ask("scenes_specialists", data=tmp_path / "none"), "there is no such folder")
    next((own_scenes / "audio").glob("bus-train-*")).write_bytes(b"no sound")
    refused(asked.ask("scenes_specialists", data=own_scenes), "unreadable")
