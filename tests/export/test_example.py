"""docs/onnx_example.py, as it stands, where neither torch nor this package can be imported, against kd's own events."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from entrypoints.export import main
from kd.audio.spec import FeatureSpec, s1
from kd.detection.detector import Detector
from kd.detection.listen import detect_files
from kd.models.config import ModelConfig
from tests.conftest import ROOT
from tests.export.made import CLASSES, a_detector, sounds

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

FORBIDDEN = """
import runpy, sys
class Forbid:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "torchaudio", "kd", "mlflow", "librosa", "numba"):
            raise AssertionError(f"{name} is imported")
sys.meta_path.insert(0, Forbid())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
SECONDS = 4.0
Rows = list[tuple[str, str, str, str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Detector, list[Path]]:
    """An export of networks on different frames, its detector, and sound files at the networks' rate."""
    folder = tmp_path_factory.mktemp("example")
    coarse = FeatureSpec(rate=16_000, window=320, hop=160, seconds=SECONDS, scaling="min-max")
    fine = s1(seconds=SECONDS)
    clips = sounds(5, samples=fine.samples)
    members = [(ModelConfig("deep", CLASSES), fine), (ModelConfig("resnet", CLASSES, width=0.1), coarse)]
    detector = a_detector(folder, members, champion=(0, 1, 0), clips=clips)
    files = []
    for index, clip in enumerate(clips):
        files.append(folder / f"clip-{index}.wav")
        soundfile.write(files[-1], clip if index else np.stack([clip, clip], axis=1), 16_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["export", "--model", str(folder / "detector"), "--out", str(folder / "onnx")])
        assert main() == 0
    return folder / "onnx", detector, files


def by_example(folder: Path, files: list[Path]) -> Rows:
    words = [sys.executable, "-c", FORBIDDEN, str(ROOT / "docs" / "onnx_example.py"), str(folder), *map(str, files)]
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in paths if each != str(ROOT))}
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert head == "filename\tonset\toffset\tevent_label"
    return sorted(tuple(row.split("\t")) for row in rows)  # type: ignore[misc]


def by_kd(detector: Detector, files: list[Path]) -> Rows:
    found = detect_files(detector, files)
    return sorted((str(p), f"{e.onset:.6f}", f"{e.offset:.6f}", e.label) for p in files for e in found[p])


def test_the_example_finds_what_kd_finds(made: tuple[Path, Detector, list[Path]]) -> None:
    folder, detector, files = made
    wanted = by_kd(detector, files)
    assert len(wanted) > 20 and {row[3] for row in wanted} == set(CLASSES)
    assert by_example(folder, files) == wanted


def test_files_at_another_rate_shorter_and_longer_ones(made: tuple[Path, Detector, list[Path]], tmp_path: Path) -> None:
    folder, detector, files = made
    samples, _ = soundfile.read(files[1], dtype="float32")
    soundfile.write(tmp_path / "short.wav", samples[:20_000], 16_000)
    soundfile.write(tmp_path / "long.wav", np.concatenate([samples, samples]), 16_000)
    assert by_example(folder, [tmp_path / "short.wav"]) == by_kd(detector, [tmp_path / "short.wav"])
    beginning = [row[1:] for row in by_kd(detector, [files[1]])]
    assert beginning and [row[1:] for row in by_example(folder, [tmp_path / "long.wav"])] == beginning
    soundfile.write(tmp_path / "faster.wav", np.repeat(samples, 2), 32_000)
    other = [tmp_path / "faster.wav"]
    seconds = [
        sum(float(row[2]) - float(row[1]) for row in rows)
        for rows in (by_example(folder, other), by_kd(detector, other))
    ]
    assert seconds[0] == pytest.approx(seconds[1], rel=0.1)
