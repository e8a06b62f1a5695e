"""`detect`, as its user runs it."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from kd.cli import run
from kd.corpus.tables import read_events
from kd.detection.detector import load_detector
from kd.detection.listen import detect_files
from kd.listening.settings import DetectSettings
from kd.scoring.score_files import read_score_files
from tests.detection.make import CLASSES, detector_folder
from tests.detection.test_listen import sound


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return detector_folder(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def audio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of recordings of several formats, rates and lengths, one of them below another folder."""
    folder = tmp_path_factory.mktemp("audio")
    (folder / "yard").mkdir()
    soundfile.write(folder / "a.wav", sound(10.0, 44_100), 44_100)
    soundfile.write(folder / "b.flac", np.stack([sound(23.0, 16_000)] * 2, axis=1), 16_000)
    soundfile.write(folder / "yard" / "c.ogg", sound(3.0, 22_050), 22_050)
    soundfile.write(folder / "quiet.wav", np.zeros(8_000), 8_000)
    (folder / "notes.txt").write_text("no sound")
    return folder


def detect(*words: Any, expected: int = 0) -> None:
    given = [str(word) for word in words]
    assert run(DetectSettings, "kd.listening.begin:detect", name="detect", about="", words=given) == expected


def test_a_table_that_evaluate_reads(
    model: Path, audio: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "events.tsv"
    detect("--model", model, "--audio", audio, "--out", out, "--precision", "float32")
    said = capsys.readouterr().out
    assert "events in 4 recordings, 0:37 of sound" in said and f"written: {out}" in said
    lines = out.read_text().splitlines()
    assert lines[0].split("\t") == ["filename", "onset", "offset", "event_label", "score"]
    assert {line.split("\t")[0] for line in lines[1:]} == {"a.wav", "b.flac", "quiet.wav", "yard/c.ogg"}
    paths = [audio / name for name in ("a.wav", "b.flac")]
    known = detect_files(load_detector(model), paths)
    rows = [line.split("\t") for line in lines[1:]]
    for path in paths:
        wanted = [(f"{e.onset:.3f}", f"{e.offset:.3f}", e.label) for e in known[path]]
        assert wanted and [(on, off, label) for name, on, off, label, _ in rows if name == path.name] == wanted
    plain = tmp_path / "plain.tsv"
    plain.write_text("\n".join(line for line in lines if not line.startswith("yard")) + "\n")
    assert list(read_events(plain)) == ["a.wav", "b.flac", "quiet.wav"]


def test_one_recording_on_standard_output(model: Path, audio: Path, capsys: pytest.CaptureFixture[str]) -> None:
    detect("--model", model, "--audio", audio / "a.wav", "--format", "jsonl", "--classes", "Speech")
    said = capsys.readouterr()
    events = [json.loads(line) for line in said.out.splitlines()]
    assert {event["event_label"] for event in events} == {"Speech"} and "1 recordings" in said.err
    assert all(0 <= event["onset"] < event["offset"] <= 10 and 0 < event["score"] < 1 for event in events)


def test_a_file_for_each_recording_with_pictures_and_scores(model: Path, audio: Path, tmp_path: Path) -> None:
    detect(
        "--model", model, "--audio", audio, "--out", tmp_path / "out", "--format", "audacity", "--picture", "true",
        "--scores", tmp_path / "scores",
    )  # fmt: skip
    written = sorted(
        path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()
    )
    names = ["a", "b", "quiet", "yard/c"]
    assert written == sorted(f"{name}{ending}" for name in names for ending in (".txt", ".png"))
    onset, offset, label = (tmp_path / "out" / "a.txt").read_text().splitlines()[0].split("\t")
    assert 0 <= float(onset) < float(offset) and label.split()[0] in CLASSES
    assert (tmp_path / "out" / "yard" / "c.png").read_bytes().startswith(b"\x89PNG")
    scores = read_score_files(tmp_path / "scores", clips=["a.wav", "b.flac"])
    assert scores.classes == CLASSES and scores.durations() == {"a.wav": 10.0, "b.flac": 23.0}
    short = read_score_files(tmp_path / "scores", clips=["quiet.wav"])
    assert short.durations() == {"quiet.wav": 1.0} and short.scores.shape[1] == 24
    assert read_score_files(tmp_path / "scores" / "yard", clips=["c.ogg"]).durations() == {"c.ogg": 3.0}


def test_jams(model: Path, audio: Path, tmp_path: Path) -> None:
    detect("--model", model, "--audio", audio / "a.wav", "--out", tmp_path / "a.jams", "--format", "jams")
    found = json.loads((tmp_path / "a.jams").read_text())
    (annotation,) = found["annotations"]
    assert found["file_metadata"]["duration"] == annotation["duration"] == 10.0
    assert annotation["namespace"] == "tag_open" and annotation["data"]
    assert set(annotation["data"][0]) == {"time", "duration", "value", "confidence"}


def test_standard_input(
    model: Path, audio: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    detect("--model", model, "--audio", audio / "b.flac")
    wanted = capsys.readouterr().out.replace("b.flac", "stdin")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((audio / "b.flac").read_bytes())))
    detect("--model", model, "--audio", "-")
    assert capsys.readouterr().out == wanted


def test_sound_that_is_just_being_made(
    model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pcm = (np.repeat(sound(20.0, 16_000)[:, None], 2, axis=1) * 32_767).astype("<i2").tobytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(pcm[:-3])))
    detect("--model", model, "--audio", "-", "--stream", "true", "--channels", 2, "--format", "jsonl")
    said = capsys.readouterr()
    assert "an event is printed at most 2.08 s after it ends" in said.err
    events = [json.loads(line) for line in said.out.splitlines()]
    assert events and max(event["offset"] for event in events) == pytest.approx(20.0, abs=0.001)


def test_what_cannot_be_read_is_said_and_the_rest_written(
    model: Path, audio: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "some"
    folder.mkdir()
    (folder / "a.wav").write_bytes((audio / "a.wav").read_bytes())
    (folder / "b.wav").write_text("no sound")
    (folder / "c.wav").write_bytes(b"")
    soundfile.write(folder / "nan.wav", np.full(100, np.nan), 8_000, subtype="FLOAT")
    detect(
        "--model", model, "--audio", folder, "--out", tmp_path / "out.tsv", "--scores", tmp_path / "scores", expected=2
    )
    said = capsys.readouterr()
    assert f"error: 3 of 4 recordings could not be read, first: {folder / 'b.wav'}: cannot be read as audio" in said.err
    assert said.err.count("warning: ") == 3
    assert list(read_events(tmp_path / "out.tsv")) == ["a.wav"]
    assert [path.name for path in (tmp_path / "scores").iterdir()] == ["a.tsv"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "audio= is empty"),
        (["--audio", "nowhere.wav"], "audio=nowhere.wav: there is no such file or folder"),
        (["--audio", "{empty}"], "holds no sound files"),
        (["--audio", "{audio}/a.wav", "--classes", "Spech"], "the model does not know the class 'Spech'"),
        (["--audio", "{audio}", "--format", "jams"], "format=jams is a file per recording"),
        (["--audio", "{audio}/a.wav", "--picture", "true"], "picture=true needs a place to draw to"),
        (["--audio", "{audio}/a.wav", "--out", "{audio}/a.wav"], "is the recording itself"),
        (
            ["--audio", "{audio}", "--out", "{audio}/notes.txt", "--format", "audacity"],
            "is a file, and a folder is needed",
        ),
        (["--audio", "{audio}/a.wav", "--stream", "true"], "stream=true reads standard input"),
        (["--audio", "-", "--stream", "true", "--format", "jams", "--out", "x.jams"], "not format=jams"),
        (["--audio", "{audio}/a.wav", "--model", "nowhere"], "model=nowhere: no such folder"),
        (["--audio", "{audio}/a.wav", "--format", "tvs"], "format='tvs' is not one of"),
        (["--audio", "{audio}/notes.txt"], "notes.txt: cannot be read as audio"),
        (["--audio", "{audio}/a.wav", "--classes", ","], "classes=, names none"),
        (["--audio", "{audio}/a.wav", "--window_seconds", "0.5"], "window_seconds=0.5 is too short"),
        (["--audio", "{audio}/a.wav", "--out", "b.wav"], "out=b.wav has the ending of a sound file"),
        (["--audio", "{audio}/a.wav", "--out", "/proc/none/x.tsv"], "cannot write /proc/none"),
        (["--audio", "{audio}/a.wav", "--scores", "/proc/none"], "cannot write /proc/none"),
        (["--audio", "{audio}/a.wav", "--out", "/proc/none/", "--picture", "true"], "cannot write /proc/none"),
        (["--audio", "{audio}/a.wav", "--out", "{audio}/a.wav/x.tsv"], "a.wav is a file, and a folder is needed"),
        (["--audio", "{audio}/a.wav", "--out", "o/a.tsv", "--scores", "o"], "o/a.tsv would be written twice"),
        (["--audio", "{audio}/a\udcff.wav"], "bytes that are not UTF-8"),
    ],
)
def test_mistakes(
    model: Path, audio: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    words: list[str], said: str,
) -> None:  # fmt: skip
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    given = [word.format(audio=audio, empty=tmp_path / "empty") for word in words]
    detect(*([] if "--model" in given else ["--model", model]), *given, expected=2)
    found = capsys.readouterr()
    assert said in found.err and "hint: " in found.err and not found.out
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


def test_recordings_that_would_share_a_file(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.wav", "a.flac"):
        soundfile.write(tmp_path / name, np.zeros(800), 8_000)
    detect("--model", model, "--audio", tmp_path, "--out", tmp_path / "out", "--format", "jams", expected=2)
    assert "a.flac and a.wav would share" in capsys.readouterr().err
    detect("--model", model, "--audio", tmp_path, "--scores", tmp_path / "scores", expected=2)
    assert "a.flac and a.wav would share" in capsys.readouterr().err and not (tmp_path / "scores").exists()


def test_a_reader_that_goes_early_is_no_error(model: Path, audio: Path) -> None:
    words = [sys.executable, "-m", "entrypoints.detect", "--model", str(model), "--audio", str(audio)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    said = process.stderr.read().decode()
    assert process.wait() == 0 and "Traceback" not in said and "error" not in said


def test_files_in_folders_are_replaced_only_when_asked(
    model: Path, audio: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text("mine")
    words = ["--model", model, "--audio", audio / "a.wav", "--out", f"{tmp_path}/", "--format", "audacity"]
    detect(*words, expected=2)
    assert "a.txt is there already" in capsys.readouterr().err and (tmp_path / "a.txt").read_text() == "mine"
    detect(*words, "--overwrite", "true")
    assert (tmp_path / "a.txt").read_text() != "mine"
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    detect("--model", model, "--audio", audio / "a.wav", "--scores", tmp_path / "link", expected=2)
    assert "leads to nothing" in capsys.readouterr().err


def test_numbers_that_are_no_sound_and_rates_that_are_none(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(tmp_path / "loud.wav", np.full(16_000, 1e30), 16_000, subtype="FLOAT")
    soundfile.write(tmp_path / "slow.wav", np.zeros(60_000), 1)
    for name, said in (("loud", "far beyond [-1, 1]"), ("slow", "its header says 1 samples per second")):
        detect("--model", model, "--audio", tmp_path / f"{name}.wav", expected=2)
        assert said in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(np.full(16_000, 1e30, "<f4").tobytes())))
    detect("--model", model, "--audio", "-", "--stream", "true", "--encoding", "f32le", expected=2)
    assert "standard input: holds samples that are far beyond" in capsys.readouterr().err


def test_a_file_that_is_cut_short_is_scored_and_said(
    model: Path, audio: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = (audio / "a.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 2])
    detect("--model", model, "--audio", tmp_path / "cut.wav")
    said = capsys.readouterr()
    assert "cut.wav: cut short: " in said.err and said.out.startswith("filename")


def test_live_sound_that_does_not_come_and_that_holds_nothing(
    model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x")))
    detect("--model", model, "--audio", "-", "--stream", "true", expected=2)
    assert "standard input held no sound" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", None)
    detect("--model", model, "--audio", "-", expected=2)
    assert "standard input is closed" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bytes(3_200))))
    detect("--model", model, "--audio", "-", "--stream", "true")
    assert capsys.readouterr().out.splitlines()[0].startswith("filename\t")


def test_a_name_that_no_table_holds_does_not_stop_the_others(
    model: Path, audio: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    whole = (audio / "a.wav").read_bytes()
    for name in (b"bad\xff.wav", b"line\nbreak.wav", b"good.wav"):
        (folder / os.fsdecode(name)).write_bytes(whole)
    detect("--model", model, "--audio", folder, "--out", tmp_path / "out.tsv", expected=2)
    said = capsys.readouterr().err
    assert "2 of 3 recordings could not be read" in said and "\\udcff" in said and "line\\nbreak" in said
    assert list(read_events(tmp_path / "out.tsv")) == ["good.wav"]
