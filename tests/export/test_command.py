"""`export` as its user runs it: what it writes, what it says, what it refuses."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from entrypoints.export import main
from kd.audio.spec import s1
from kd.export import check
from kd.models.config import ModelConfig
from tests.conftest import ROOT, Place
from tests.export.made import CLASSES, a_detector, sounds

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

SPEC = s1(seconds=2)
Export = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A detector of two networks, one of which walks forward only."""
    folder = tmp_path_factory.mktemp("made")
    members = [(ModelConfig("shallow", CLASSES, direction="forward"), SPEC), (ModelConfig("shallow", CLASSES), SPEC)]
    a_detector(folder, members, champion=(1, 0, 1), clips=sounds(2, samples=SPEC.samples))
    return folder / "detector"


@pytest.fixture
def export(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Export:
    """Call the entry point: exit code, what it printed, what it complained."""

    def call(**parameters: object) -> tuple[int, str, str]:
        words = [word for key, value in parameters.items() for word in (f"--{key}", str(value))]
        monkeypatch.setattr(sys, "argv", ["export", *words])
        code = main()
        return code, *capsys.readouterr()

    return call


def test_what_is_written_and_said(export: Export, detector: Path, tmp_path: Path) -> None:
    code, said, _ = export(model=detector, out=tmp_path / "onnx")
    assert code == 0 and said.count("of PyTorch's") == 2 and "detector: 3 classes from 2 networks" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["onnx"]
    out = tmp_path / "onnx"
    assert sorted(path.name for path in out.iterdir()) == ["export.json", "network-0.onnx", "network-1.onnx"]
    about = json.loads((out / "export.json").read_text("utf-8"))
    saved = json.loads((detector / "detector.json").read_text("utf-8"))
    sources = [(each["name"], *(each["network"] for each in each["from"])) for each in about["classes"]]
    assert sources == [*zip(CLASSES, (1, 0, 1), strict=True)]
    assert [each["threshold"] for each in about["classes"]] == saved["points"]["thresholds"]
    assert [each["median_window"] for each in about["classes"]] == saved["points"]["windows"]
    assert [each["temperature"] for each in about["classes"]] == saved["temperatures"]
    assert [each["lookahead"] for each in about["networks"]] == [3, None]
    for each in about["networks"]:
        assert hashlib.sha256((out / each["file"]).read_bytes()).hexdigest() == each["sha256"]
        assert (each["input"], each["rate"], each["samples"]) == ("samples", 16000, 32000)
        assert each["grid"] == about["grid"] and about["grid"]["frames"] == SPEC.frames


def test_an_earlier_export_is_replaced_only_where_asked_and_nothing_else_ever(
    export: Export, detector: Path, tmp_path: Path
) -> None:
    out = tmp_path / "onnx"
    out.mkdir()
    (out / "network-7.onnx").write_text("old")
    code, _, error = export(model=detector, out=out)
    assert code == 2 and "holds an export already" in error and "overwrite=true" in error
    code, _, error = export(model=detector, out=out, overwrite="true", features="false")
    assert code == 0 and not (out / "network-7.onnx").exists()
    session = onnxruntime.InferenceSession(str(out / "network-0.onnx"))
    assert [each.name for each in session.get_inputs()] == ["features"]
    assert json.loads((out / "export.json").read_text("utf-8"))["networks"][0]["input"] == "features"
    (out / "mine.txt").write_text("mine")
    code, _, error = export(model=detector, out=out, overwrite="true")
    assert code == 2 and "mine.txt" in error and (out / "mine.txt").exists()


def test_an_empty_folder_and_a_link_to_one_are_filled(export: Export, detector: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    assert export(model=detector, out=tmp_path / "link")[0] == 0
    assert (tmp_path / "empty" / "export.json").is_file() and (tmp_path / "link").is_symlink()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"out": ""}, "out= is empty"),
        ({"model": ""}, "model= is empty"),
        ({"model": "kd-sed"}, "no such folder, and no models:/ address"),
        ({"model": "."}, "holds no detector.json"),
        ({"out": "a/b"}, "is no folder"),
        ({"out": "file"}, "is no folder"),
        ({"features": "maybe"}, "neither true nor false"),
        ({"modl": "x"}, "did you mean 'model'"),
    ],
)
def test_wrong_parameters(
    export: Export,
    detector: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wrong: dict[str, str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    code, _, error = export(**{"model": detector, "out": "onnx", **wrong})
    assert code == 2 and says in error, error
    assert not (tmp_path / "onnx").exists()


def test_the_packages_are_asked_for(
    export: Export, detector: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    code, said, _ = export(model=detector, out=tmp_path / "onnx")
    assert code == 0 and "not compared with PyTorch" in said and "of PyTorch's" not in said
    monkeypatch.setitem(sys.modules, "onnx", None)
    code, _, error = export(model=detector, out=tmp_path / "other")
    assert code == 2 and "pip install 'kd-sed[onnx]'" in error and not (tmp_path / "other").exists()


def test_a_folder_named_onnx_is_not_the_package(tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    words = [sys.executable, "-S", "-c", "from kd.export.packages import onnx; onnx()"]
    env = {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
    assert "UserError: export needs the package onnx" in done.stderr


def test_a_file_that_differs_is_not_left(
    export: Export, detector: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = check.network_logits
    monkeypatch.setattr(check, "network_logits", lambda network, x: right(network, x) + np.float32(0.002))
    code, _, error = export(model=detector, out=tmp_path / "onnx")
    assert code == 2 and "network-0.onnx gives logits that differ" in error and "2.0e-03" in error
    assert not list(tmp_path.iterdir())


def test_a_file_that_does_not_run_is_not_left(
    export: Export, detector: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def session(*_: object, **__: object) -> None:
        raise RuntimeError("no such\noperator")

    monkeypatch.setattr("kd.export.command.onnxruntime", lambda: SimpleNamespace(InferenceSession=session))
    code, _, error = export(model=detector, out=tmp_path / "onnx")
    assert code == 2 and "does not run network-0.onnx: no such operator" in error
    assert not list(tmp_path.iterdir())


def test_a_registered_network(asked: Place, corpus: Path) -> None:
    made = asked.ask("train", data=corpus, architecture="shallow", direction="forward", steps=3, batch=2)
    assert made.returncode == 0, made.stderr
    sound = sorted((corpus / "audio" / "validation").iterdir())[0]
    done = asked.ask("export", model="models:/kd-sed/1", out=asked.folder / "onnx")
    assert done.returncode == 0 and "models:/kd-sed/1: 10 classes from 1 networks" in done.stdout, done.stderr
    about = json.loads((asked.folder / "onnx" / "export.json").read_text("utf-8"))
    assert (about["source"], about["networks"][0]["lookahead"]) == ("models:/kd-sed/1", 3)
    for address in ("models:/kd-sed/9", "models:/kd-sed@merged", "models:/nobody/1", "models:/kd-sed"):
        refused = asked.ask("export", model=address, out=asked.folder / "other")
        assert refused.returncode == 2 and refused.stderr.startswith("error: "), refused.stderr
        found = asked.ask("detect", model=address, audio=sound)
        assert found.returncode == 2 and found.stderr == refused.stderr
    assert not (asked.folder / "other").exists()
    found = asked.ask("detect", model="models:/kd-sed/1", audio=sound)
    assert found.returncode == 0 and found.stdout.startswith("filename\tonset"), found.stderr
