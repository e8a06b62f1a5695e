"""Bad input and surroundings, through the entry points: one clear line, exit code 2, nothing left behind."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Place


def refused(done: "subprocess.CompletedProcess[str]", *says: str) -> None:
    """The answer is one `error:` line that says this, with exit code 2 and no traceback."""
    assert done.returncode == 2, done.stderr + done.stdout
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and "Traceback" not in done.stderr
    for words in says:
        assert words in done.stderr


@pytest.fixture
def own(corpus: Path, tmp_path: Path) -> Path:
    """A copy of the corpus that a test may spoil."""
    return Path(shutil.copytree(corpus, tmp_path / "own"))


@pytest.mark.parametrize(
    ("name", "parameters", "says"),
    [
        ("iterate", {"passes": "two"}, "not a whole number"),
        ("iterate", {"pases": "2"}, "did you mean 'passes'"),
        ("iterate", {"data": "/nowhere"}, "/nowhere"),
        ("iterate", {"steps": 1, "epochs": 1, "smoothings": "mean"}, "unknown smoothing"),
        ("distill", {"labels": ""}, "labels"),
        ("train", {"labels": "strong"}, "strong="),
        ("evaluate", {}, "predictions="),
        ("evaluate", {"reference": "/nowhere.tsv", "predictions": "/nowhere.tsv"}, "/nowhere.tsv"),
        ("evaluate", {"model": "kd-sed"}, "models:/"),
        ("check_data", {"data": "/nowhere"}, "/nowhere"),
        ("check_data", {"weak": "a" * 5000}, "too long"),
        ("iterate", {"model": "a/b"}, "is no name for a model"),
        ("iterate", {"model": ".."}, "is no name for a model"),
        ("iterate", {"window": 8}, "window=8 is even"),
        ("iterate", {"classes": ",,"}, "empty name"),
        ("evaluate", {"reference": "--predictions"}, "'reference' has no value"),
    ],
)
def test_parameters(place: Place, name: str, parameters: dict[str, object], says: str) -> None:
    refused(place.run(name, **parameters), says)
    assert not (place.folder / "home" / "jobs").exists()


def test_evaluate_writes_over_no_table_it_reads(place: Place, tmp_path: Path) -> None:
    table = tmp_path / "truth.tsv"
    table.write_text(text := "filename\tonset\toffset\tevent_label\na.wav\t1.0\t2.0\tDog\n")
    refused(place.run("evaluate", reference=table, predictions=table, out=table), "out=", "reference=")
    assert table.read_text() == text
    refused(place.run("evaluate", reference=table, predictions=table, out=tmp_path), "is a folder")
    refused(place.run("evaluate", reference=table, predictions=table, out=table / "x.json"), "a file stands where")
    (tmp_path / "none.tsv").write_text("filename\n")
    refused(place.run("evaluate", reference=table, predictions=table, clips=tmp_path / "none.tsv"), "names no clip")
    (tmp_path / "wide.tsv").write_text(text, encoding="utf-16")
    refused(place.run("evaluate", reference=tmp_path / "wide.tsv", predictions=table), "wide.tsv", "UTF-16")


def test_a_table_is_named_with_its_row(place: Place, own: Path) -> None:
    table = own / "metadata" / "validation" / "validation.tsv"
    lines = table.read_text().splitlines()
    name = lines[1].split("\t")[0]
    table.write_text("\n".join([*lines, f"{name}\t3.0\t2.0\tDog"]) + "\n")
    refused(place.run("iterate", data=own, passes=1), "validation.tsv", f":{len(lines) + 1}")


def test_an_unreadable_clip_is_named(place: Place, own: Path) -> None:
    clip = sorted((own / "audio" / "train" / "weak").iterdir())[3]
    clip.write_bytes(b"not audio")
    refused(place.run("iterate", data=own, passes=1), clip.name)


def test_absent_clips_are_an_error_unless_skipped(place: Place, own: Path) -> None:
    for clip in sorted((own / "audio" / "train" / "unlabel_in_domain").iterdir())[:2]:
        clip.unlink()
    refused(place.run("train", data=own, steps=1), "missing=skip")
    done = place.run("train", data=own, steps=1, architecture="shallow", missing="skip")
    assert done.returncode == 0 and "2 of 8" in done.stdout, done.stderr


def test_a_clip_in_training_and_scored_splits_is_refused(place: Place, own: Path) -> None:
    clip = sorted((own / "audio" / "test").iterdir())[0]
    twin = sorted((own / "audio" / "train" / "weak").iterdir())[0]
    shutil.copy(clip, twin)
    refused(place.run("iterate", data=own, passes=1), clip.name)


def test_a_store_that_is_away_is_named(place: Place, corpus: Path) -> None:
    place.env |= {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
    refused(place.run("iterate", data=corpus, passes=1), "http://127.0.0.1:9", "does not answer")


def test_a_store_that_is_no_database_is_named(place: Place, corpus: Path) -> None:
    path = place.folder / "other.db"
    path.write_text("not a database, whatever its name says" * 100)
    place.env["MLFLOW_TRACKING_URI"] = f"sqlite:///{path}"
    refused(place.run("iterate", data=corpus, passes=1), "other.db")


def test_a_model_that_is_not_there_is_named(place: Place, corpus: Path) -> None:
    refused(place.run("evaluate", model="models:/nobody@merged", data=corpus), "nobody")
    refused(place.run("merge", data=corpus), "best-")


def test_a_second_job_on_the_same_model_is_refused(place: Place, corpus: Path) -> None:
    first = place.start("iterate", data=corpus, passes=1, steps=200, batch=4)
    try:
        assert first.stdout is not None
        for line in first.stdout:
            if "loss" in line:
                break
        refused(place.run("iterate", data=corpus, passes=1, steps=3), "another job", str(first.pid))
    finally:
        first.kill()
        first.communicate()


@pytest.mark.skipif(os.geteuid() != 0 or not Path("/bin/mount").exists(), reason="needs to mount a small file system")
def test_a_full_disk_is_said_and_nothing_is_lost(place: Place, corpus: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(small)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        place.env["KD_HOME"] = str(small)
        refused(place.run("iterate", data=corpus, passes=1, steps=2, batch=4), "disk is full")
        place.env["KD_HOME"] = str(place.folder / "home")
        done = place.run("iterate", data=corpus, passes=1, steps=2, batch=4)
        assert done.returncode == 0, done.stderr
    finally:
        subprocess.run(["umount", "-l", str(small)])
