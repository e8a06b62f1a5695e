"""What a packaged detector answers."""

import base64
import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from kd.detection.detector import Detector
from kd.detection.listen import detect_files
from kd.detection.requests import answered
from kd.errors import UserError
from tests.detection.make import CLASSES, detector
from tests.detection.test_listen import sound


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    return detector(tmp_path_factory.mktemp("requests"))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sound") / "clip.flac"
    soundfile.write(place, sound(13.0, 22_050), 22_050)
    return place


def ask(model: Detector, *rows: dict[str, Any], scores: bool = False, serving: bool = False) -> list[dict[str, Any]]:
    return answered(model, list(rows), scores=scores, seconds=0.0, serving=serving, precision="float32")[1]


def test_a_file_its_bytes_base64_and_samples_give_the_same(model: Detector, path: Path) -> None:
    data, (samples, rate) = path.read_bytes(), soundfile.read(path, dtype="float32")
    wanted = [
        (round(e.onset, 3), round(e.offset, 3), e.label, round(e.score, 4)) for e in detect_files(model, [path])[path]
    ]
    stereo = np.stack([samples, samples], axis=1)
    for row in (
        {"path": str(path)},
        {"audio": data, "path": None},
        {"audio": base64.b64encode(data).decode(), "samples": float("nan")},
        {"samples": samples.tolist(), "rate": rate},
        {"samples": stereo, "rate": float(rate)},
    ):
        found = [(e["onset"], e["offset"], e["event_label"], e["score"]) for e in ask(model, row)]
        assert wanted and found == wanted


def test_rows_are_told_apart(model: Detector, path: Path) -> None:
    found = ask(model, {"path": str(path)}, {"audio": path.read_bytes()}, {"audio": path.read_bytes(), "filename": "x"})
    assert list(dict.fromkeys(e["filename"] for e in found)) == [str(path), "row 1", "x"]


def test_frame_scores_lie_within_the_sound(model: Detector) -> None:
    columns, rows = answered(
        model,
        [{"samples": sound(3.0, 16_000), "rate": 16_000}],
        scores=True,
        seconds=0.0,
        serving=False,
        precision="float32",
    )
    assert columns == ["filename", "onset", "offset", *CLASSES]
    assert (rows[0]["onset"], rows[-1]["offset"]) == (0.0, 3.0)
    assert all(a["offset"] == b["onset"] for a, b in itertools.pairwise(rows))
    assert all(0 <= row[label] <= 1 for row in rows for label in CLASSES)


def silent(seconds: float) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, np.zeros(round(8000 * seconds)), 8000, format="FLAC")
    return out.getvalue()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, "row 0: it names no sound"),
        ({"path": "/nowhere.wav"}, "row 0: /nowhere.wav: there is no such file"),
        ({"path": "a.wav", "audio": b"x"}, "it has both path and audio"),
        ({"audio": b""}, "audio is empty"),
        ({"audio": 3}, "audio is not bytes"),
        ({"audio": b"RIFFjunk\x00\xff"}, "cannot be read as audio"),
        ({"audio": silent(601)}, "601 s of sound are more than the 600 s"),
        ({"samples": [0.0, float("inf")], "rate": 16_000}, "not finite"),
        ({"samples": [], "rate": 16_000}, r"shape \(0,\)"),
        ({"samples": ["a"], "rate": 16_000}, "not numbers"),
        ({"samples": [[[0.0]]], "rate": 16_000}, r"shape \(1, 1, 1\)"),
        ({"samples": [0.0]}, "rate=None"),
        ({"samples": [0.0], "rate": 16_000.5}, r"rate=16000\.5"),
        ({"samples": [0.0], "rate": 0}, "rate=0"),
    ],
)
def test_a_request_that_is_no_sound_is_refused(model: Detector, row: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        ask(model, row)


def test_an_empty_request_is_refused(model: Detector) -> None:
    with pytest.raises(UserError, match="no rows"):
        ask(model)


def test_a_server_reads_its_own_files_only_where_it_is_told_to(
    model: Detector, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="files of the server are not read"):
        ask(model, {"path": str(path)}, serving=True)
    monkeypatch.setenv("KD_SERVE_PATHS", "true")
    assert ask(model, {"path": str(path)}, serving=True)


def test_how_much_one_row_may_hold_is_an_option(model: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KD_SERVE_SECONDS", "2")
    with pytest.raises(UserError, match="3 s of sound are more than the 2 s"):
        ask(model, {"samples": sound(3.0, 8_000), "rate": 8_000})
