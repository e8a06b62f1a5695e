"""Bad input and surroundings, through the entry points: one clear line, exit code 2, nothing left behind."""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from kd.project import ENTRY_POINTS
from tests.conftest import Place


def refused(done: "subprocess.CompletedProcess[str]", *says: str) -> None:
    """The answer is one `error:` line that says this and one `hint:`, with exit code 2 and no traceback."""
    assert done.returncode == 2, done.stderr + done.stdout
    starts = [line.partition(" ")[0] for line in done.stderr.splitlines() if line.startswith(("error: ", "hint: "))]
    assert starts == ["error:", "hint:"] and "Traceback" not in done.stderr, done.stderr
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
        ("iterate", {"direction": "forward", "architectures": "resnet"}, "direction=forward is for recurrent"),
        ("train", {"direction": "forward", "architecture": "resnet"}, "direction=forward is for recurrent"),
        ("distill", {"direction": "forward", "architecture": "resnet", "labels": "x"}, "direction=forward"),
        ("tune", {"what": "training", "direction": "forward", "architecture": "resnet"}, "direction=forward"),
        ("train", {"direction": "backward"}, "not one of both, forward"),
        ("evaluate", {}, "predictions="),
        ("evaluate", {"reference": "/nowhere.tsv", "predictions": "/nowhere.tsv"}, "/nowhere.tsv"),
        ("evaluate", {"model": "kd-sed"}, "models:/"),
        ("evaluate", {"scores": "/nowhere"}, "reference= is empty"),
        ("evaluate", {"scores": "/nowhere", "predictions": "/nowhere.tsv"}, "one system is scored at a time"),
        ("evaluate", {"model": "models:/kd-sed@merged", "clips": "/nowhere.tsv"}, "clips= does not go with model="),
        ("evaluate", {"window": 2}, "window=2 is even"),
        ("evaluate", {"resamples": -1}, "resamples=-1 is out of range"),
        ("evaluate", {"unit": "makers"}, "did you mean 'maker'"),
        ("evaluate", {"onset_collar": "nan"}, "not a number"),
        ("compare", {"a": "/nowhere.tsv"}, "/nowhere.tsv"),
        ("compare", {"resamples": 0}, "out of range"),
        ("check_data", {"data": "/nowhere"}, "/nowhere"),
        ("check_data", {"weak": "a" * 5000}, "too long"),
        ("compress", {"teachers": "kd-sed"}, "is no model address"),
        ("compress", {"teachers": "models:/kd-sed@merged,"}, "empty or repeated"),
        ("compress", {"ratio": 0.5}, "ratio=0.5 is out of range"),
        ("compress", {"ratios": "10,many"}, "is not a number"),
        ("compress", {"weightings": "convex,meen"}, "did you mean 'mean'"),
        ("compress", {"architectures": "deep"}, "known: small, small-conv"),
        ("export", {"numbers": "int8"}, "goes with kind=device"),
        ("export", {"numbers": "int8", "kind": "device"}, "name a folder of some with calibrate="),
        ("export", {"kind": "device", "calibrate": "/nowhere"}, "goes with numbers=int8"),
        ("class_frame", {"strong": ""}, "strong is empty"),
        ("class_frame", {"updates": 0}, "updates=0 is out of range"),
        ("class_frame", {"weights": "neck"}, "did you mean 'nec'"),
        ("class_frame", {"threshold_floor": 0.9}, "lies below threshold_floor"),
        ("class_frame", {"step_ms": 0.001}, "step_ms=0.001"),
        ("class_frame", {"width": 9}, "out of range"),
        ("class_frame", {"in_domain": "x"}, "unknown parameter 'in_domain'"),
        ("iterate", {"model": "a/b"}, "is no name for a model"),
        ("iterate", {"model": ".."}, "is no name for a model"),
        ("iterate", {"window": 8}, "window=8 is even"),
        ("iterate", {"classes": ",,"}, "empty name"),
        ("evaluate", {"reference": "--predictions"}, "'reference' has no value"),
        ("iterate", {"student_passes": "1,2"}, "holds what is no pass from 2 on"),
        ("iterate", {"tuning": "on", "recipe": "paper"}, "recipe=paper tunes nothing"),
        ("iterate", {"threshold_start": 0.1}, "lies below threshold_floor"),
        ("iterate", {"sampler": "tree"}, "sampler='tree' is not one of"),
        ("tune", {"what": "all"}, "what='all' is not one of"),
        ("tune", {"what": "schedule", "labels": "soft"}, "soft labels have no threshold"),
        ("tune", {"passes": 2}, "passes=2 is out of range"),
        ("tune", {"data": "/nowhere"}, "/nowhere"),
        ("report", {}, "holds no iterate run with a finished pass"),
        ("report", {"run": "latest"}, "is no run's id"),
        ("report", {"run": "0" * 32}, "there is no run"),
        ("report", {"run": "0" * 32, "runs": f"{'0' * 32},{'1' * 32}"}, "both given"),
        ("report", {"runs": "0" * 32}, "1 runs are named"),
        ("report", {"runs": f"{'0' * 32},{'0' * 32}"}, "1 of them different"),
        ("report", {"runs": f"{'0' * 32},x"}, "no run's id"),
        ("report", {"runs": f"{'0' * 32},{'1' * 32}"}, "there is no run"),
        ("report", {"out": "page.txt"}, "is no page"),
        ("report", {"out": "/proc/none/page.html"}, "cannot write /proc/none"),
        ("report", {"split": "test/test"}, "split= goes with runs= only"),
        ("report", {"data": "/nowhere"}, "data= goes with runs= only"),
        ("report", {"resamples": 1}, "out of range"),
        ("dashboard", {"data": "/nowhere"}, "/nowhere"),
        ("dashboard", {"port": 70000}, "out of range"),
        ("dashboard", {"host": "no.such.host.invalid"}, "cannot listen on no.such.host.invalid"),
        ("dashboard", {"host": "x" * 300}, "cannot listen on"),
        ("iterate", {"sample": -1}, "out of range"),
        ("lineage", {"model": ""}, "model= is empty"),
        ("lineage", {"model": "kd-sed@merged"}, "is no model address"),
        ("lineage", {"model": "models:/kd-sed/7"}, "kd-sed"),
        ("lineage", {"model": "0" * 32}, "there is no run"),
        ("lineage", {"out": "x.txt"}, "neither a page nor JSON"),
        ("lineage", {"out": "."}, "is a folder"),
        ("detect", {}, "audio"),
        ("detect", {"audio": "/nowhere"}, "/nowhere"),
        ("detect", {"audio": "."}, "holds no sound files"),
        ("detect", {"audio": ".", "window": 4}, "unknown parameter 'window'"),
        ("pseudo_label", {"model": "kd-sed"}, "kd-sed"),
        ("pseudo_label", {"out": "/proc/none/labels"}, "/proc"),
        ("pseudo_label", {"out": "labels", "model": "models:/x"}, "models:/x"),
        ("merge", {"data": "/nowhere"}, "/nowhere"),
        ("merge", {"model": "a b"}, "is no name for a model"),
        ("champions", {"model": "a/b"}, "is no name for a model"),
        ("champions", {"model": "nobody"}, "nobody"),
        ("promote", {}, "nothing to promote by"),
        ("promote", {"policy": "bset"}, "policy='bset' is not one of"),
        ("promote", {"policy": "best", "stage": "candidate"}, "one at a time"),
        ("promote", {"stage": "candidate", "model": "nobody"}, "nobody"),
        ("promote", {"undo": -1}, "out of range"),
        ("prune", {"keep": "all"}, "keep='all' is not one of"),
        ("prune", {"model": "nobody"}, "nobody"),
        ("classify", {}, "audio"),
        ("classify", {"audio": "/nowhere"}, "/nowhere"),
        ("convert_scenes", {}, "is empty"),
        ("convert_scenes", {"out": "x", "source": "/nowhere"}, "source"),
        ("scenes_teacher_student", {"data": "/nowhere"}, "/nowhere"),
        ("scenes_teacher_student", {"epochs": -1}, "out of range"),
        ("scenes_specialists", {"data": "/nowhere"}, "/nowhere"),
        ("scenes_specialists", {"pairs": "beach"}, "pairs"),
        ("doctor", {"fix": "perhaps"}, "neither true nor false"),
        ("backup", {}, "to= is empty"),
        ("backup", {"to": "."}, "is taken"),
        ("backup", {"to": "/proc/none/copy"}, "/proc"),
        ("restore", {}, "backup= is empty"),
        ("restore", {"backup": "/nowhere"}, "holds no backup.json"),
        ("export", {}, "Registered Model with name=kd-sed not found"),
        ("export", {"out": "x", "kind": "onxn"}, "kind='onxn' is not one of"),
        ("train", {"data": "/nowhere"}, "/nowhere"),
        ("train", {"architecture": "deeep"}, "did you mean 'deep'"),
        ("distill", {"labels": "/nowhere"}, "/nowhere"),
        ("compare", {"reference": "/nowhere.tsv", "a": ".", "b": "."}, "/nowhere.tsv"),
    ],
)
def test_parameters(asked: Place, name: str, parameters: dict[str, object], says: str) -> None:
    refused(asked.ask(name, **parameters), says)
    begun = [path for path in (asked.folder / "home" / "jobs").rglob("*") if path.is_file() and path.name != "lock"]
    assert not begun


def test_evaluate_writes_over_no_table_it_reads(asked: Place, tmp_path: Path) -> None:
    table = tmp_path / "truth.tsv"
    table.write_text(text := "filename\tonset\toffset\tevent_label\na.wav\t1.0\t2.0\tDog\n")
    refused(asked.ask("evaluate", reference=table, predictions=table, out=table), "out=", "reference=")
    assert table.read_text() == text
    refused(asked.ask("evaluate", reference=table, predictions=table, out=tmp_path), "is a folder")
    refused(asked.ask("evaluate", reference=table, predictions=table, threshold=0.9), "threshold= goes with scores=")
    refused(asked.ask("evaluate", reference=table, predictions=table, split="x"), "split= goes with model=")
    refused(asked.ask("evaluate", reference=table, predictions=table, out=table / "x.json"), "a file stands where")
    (tmp_path / "none.tsv").write_text("filename\n")
    refused(asked.ask("evaluate", reference=table, predictions=table, clips=tmp_path / "none.tsv"), "names no clip")
    (tmp_path / "wide.tsv").write_text(text, encoding="utf-16")
    refused(asked.ask("evaluate", reference=tmp_path / "wide.tsv", predictions=table), "wide.tsv", "UTF-16")


@pytest.fixture
def scores(tmp_path: Path) -> tuple[Path, Path]:
    """A reference table of two clips, and a folder of their scores."""
    reference, folder = tmp_path / "truth.tsv", tmp_path / "scores"
    reference.write_text("filename\tonset\toffset\tevent_label\na.wav\t0.0\t0.5\tDog\nb.wav\t\t\t\n")
    folder.mkdir()
    for clip in "ab":
        (folder / f"{clip}.tsv").write_text("onset\toffset\tDog\n0.0\t0.5\t0.75\n0.5\t1.0\t0.25\n")
    return reference, folder


def test_score_folders_that_do_not_fit_are_refused(asked: Place, scores: tuple[Path, Path]) -> None:
    reference, folder = scores
    given = {"reference": reference, "scores": folder, "resamples": 20}
    assert asked.ask("evaluate", **given).returncode == 0
    refused(asked.ask("evaluate", **{**given, "scores": folder / "no"}), "no such folder")
    refused(asked.ask("evaluate", **{**given, "scores": reference}), "no such folder")
    refused(asked.ask("evaluate", reference=reference, predictions=folder), "this is a folder, not a table")
    refused(asked.ask("evaluate", unit="maker", **given), "nothing tells who made the sounds")
    refused(asked.ask("evaluate", out=folder / "a.tsv", **given), "lies in the folder that scores= names")
    (folder / "b.tsv").write_text("onset\toffset\tDog\n0.0\t0.5\tnan\n")
    refused(asked.ask("evaluate", **given), "b.tsv:2", "'nan' is not a number")
    (folder / "b.tsv").unlink()
    refused(asked.ask("evaluate", **given), "b.tsv", "1 of 2 clips have none")
    (folder / "b.tsv").write_text("onset\toffset\tCat\n0.0\t0.5\t0.5\n")
    refused(asked.ask("evaluate", **given), "b.tsv:1", "the classes Cat")
    (folder / "a.tsv").write_text("onset\toffset\tCat\n0.0\t0.5\t0.5\n")
    refused(asked.ask("evaluate", **given), "truth.tsv:2", "no scores of the class 'Dog'")


def test_the_check_by_sed_eval_takes_scores_and_refuses_rules_it_lacks(asked: Place, scores: tuple[Path, Path]) -> None:
    given = {"reference": scores[0], "scores": scores[1], "check": "sed_eval", "resamples": 0}
    done = asked.ask("evaluate", **given)
    assert done.returncode == 0 and "sed_eval agrees: 24 numbers" in done.stdout, done.stderr
    refused(asked.ask("evaluate", tolerance=1e-6, **given), "tolerance=1e-06", "sed_eval has no such thing")
    refused(asked.ask("evaluate", empty_class="zero", **given), "empty_class=zero", "sed_eval has no such thing")


def test_what_cannot_be_compared_is_refused(asked: Place, scores: tuple[Path, Path], tmp_path: Path) -> None:
    reference, folder = scores
    given = {"reference": reference, "a": folder}
    refused(asked.ask("compare", **given), "b= is empty")
    refused(asked.ask("compare", b=f"{folder},", **given), "a comma with nothing")
    refused(asked.ask("compare", a=folder, b=folder), "reference= is empty")
    refused(asked.ask("compare", b="models:/nobody@merged", **given), "nobody")
    refused(asked.ask("compare", b="0123456789abcdef" * 2, **given), "there is no run")
    refused(asked.ask("compare", b=folder, unit="maker", **given), "nothing tells who made the sounds")
    refused(asked.ask("compare", b=folder, out=reference, **given), "out=", "reference=")
    refused(asked.ask("compare", a="models:/x@y", b="models:/x@z", reference=reference), "reference= goes with files")
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / "b.tsv").unlink()
    refused(asked.ask("compare", b=other, **given), "b.tsv")


def test_a_table_is_named_with_its_row(asked: Place, own: Path) -> None:
    table = own / "metadata" / "validation" / "validation.tsv"
    lines = table.read_text().splitlines()
    name = lines[1].split("\t")[0]
    table.write_text("\n".join([*lines, f"{name}\t3.0\t2.0\tDog"]) + "\n")
    refused(asked.ask("iterate", data=own, passes=1), "validation.tsv", f":{len(lines) + 1}")


def test_a_strong_split_that_is_absent_or_broken_is_named(asked: Place, own: Path) -> None:
    table = own / "metadata" / "train" / "synthetic.tsv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines[:1], "x.wav\t3.0\t2.0\tDog", *lines[1:]]) + "\n")
    refused(asked.ask("class_frame", data=own), "synthetic.tsv:2: offset 2 is before onset 3")
    table.unlink()
    refused(asked.ask("class_frame", data=own), "train/synthetic")
    assert not (asked.folder / "home" / "jobs").exists()


def test_an_unreadable_clip_is_named(asked: Place, own: Path) -> None:
    clip = sorted((own / "audio" / "train" / "weak").iterdir())[3]
    clip.write_bytes(b"not audio")
    refused(asked.ask("iterate", data=own, passes=1), clip.name)


def test_absent_clips_are_an_error_unless_skipped(place: Place, own: Path) -> None:
    for clip in sorted((own / "audio" / "train" / "unlabel_in_domain").iterdir())[:2]:
        clip.unlink()
    refused(place.run("train", data=own, steps=1), "missing=skip")
    done = place.run("train", data=own, steps=1, architecture="shallow", missing="skip")
    assert done.returncode == 0 and "2 of 8" in done.stdout, done.stderr


def test_a_clip_in_training_and_scored_splits_is_refused(asked: Place, own: Path) -> None:
    clip = sorted((own / "audio" / "test").iterdir())[0]
    twin = sorted((own / "audio" / "train" / "weak").iterdir())[0]
    shutil.copy(clip, twin)
    refused(asked.ask("iterate", data=own, passes=1), clip.name)


def test_a_store_that_is_away_is_named(place: Place, corpus: Path) -> None:
    place.env |= {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
    refused(place.run("iterate", data=corpus, passes=1), "http://127.0.0.1:9", "does not answer")


def test_a_store_that_is_no_database_is_named(asked: Place, corpus: Path) -> None:
    path = asked.folder / "other.db"
    path.write_text("not a database, whatever its name says" * 100)
    asked.env["MLFLOW_TRACKING_URI"] = f"sqlite:///{path}"
    refused(asked.ask("iterate", data=corpus, passes=1), "other.db")


def test_a_model_that_is_not_there_is_named(asked: Place, corpus: Path) -> None:
    refused(asked.ask("evaluate", model="models:/nobody@merged", data=corpus), "nobody")
    refused(asked.ask("merge", data=corpus), "best-")


@pytest.mark.slow
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
        store = place.env["MLFLOW_TRACKING_URI"]
        subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
        place.env["MLFLOW_TRACKING_URI"] = f"sqlite:///{small / 'mlflow.db'}"
        refused(place.run("iterate", data=corpus, passes=1), f"{small / 'mlflow.db'} cannot be written")
        place.env["MLFLOW_TRACKING_URI"] = store
        done = place.run("iterate", data=corpus, passes=1, steps=2, batch=4)
        assert done.returncode == 0, done.stderr
    finally:
        subprocess.run(["umount", "-l", str(small)])


def answered(place: Place, name: str) -> "subprocess.CompletedProcess[str]":
    return place.run(name, no_such_parameter="1")


def test_every_entry_point_as_a_process_of_its_own(place: Place) -> None:
    names = sorted({name for name, _ in ENTRY_POINTS.values()})
    before = sorted(place.folder.rglob("*"))
    with ThreadPoolExecutor(2) as pool:
        for name, done in zip(names, pool.map(partial(answered, place), names), strict=True):
            refused(done, "unknown parameter 'no_such_parameter'")
            assert not done.stdout, name
    assert sorted(place.folder.rglob("*")) == before
