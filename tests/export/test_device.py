"""`detect.py` of `export kind=device`, where neither torch nor this package can be imported, against kd's own events."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from entrypoints.export import main
from kd.audio.logmel import filterbank
from kd.audio.resample import resample
from kd.audio.spec import FeatureSpec, s1, s2
from kd.detection.detector import Detector
from kd.detection.listen import detect_files
from kd.export import device_script
from kd.models.config import ModelConfig
from kd.scoring.median import median_filter
from tests.conftest import ROOT
from tests.export.made import CLASSES, a_detector, sounds

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

ALLOWED = """
import runpy, sys
class Forbid:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in ("torch", "torchaudio", "kd", "mlflow", "librosa", "numba", "scipy", "soundfile", "pandas"):
            raise ImportError(f"{name} is not to be imported")
sys.meta_path.insert(0, Forbid())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
SECONDS = 4.0
Rows = list[tuple[str, str, str, str]]


def exported(*words: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["export", "--kind", "device", *words])
        assert main() == 0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Detector, list[Path]]:
    """An export of networks on different frames, its detector, and sound files at the networks' rate."""
    return made_in(tmp_path_factory.mktemp("example"))


def made_in(folder: Path, *, blend: float = 0.0) -> tuple[Path, Detector, list[Path]]:
    coarse = FeatureSpec(rate=16_000, window=320, hop=160, seconds=SECONDS, scaling="min-max")
    fine = s1(seconds=SECONDS)
    clips = sounds(5, samples=fine.samples)
    members = [(ModelConfig("small", CLASSES, width=0.5), fine), (ModelConfig("resnet", CLASSES, width=0.1), coarse)]
    detector = a_detector(folder, members, champion=(0, 1, 0), clips=clips, blend=blend)
    files = []
    for index, clip in enumerate(clips):
        files.append(folder / f"clip-{index}.wav")
        soundfile.write(files[-1], clip if index else np.stack([clip, clip], axis=1), 16_000)
    exported("--model", str(folder / "detector"), "--out", str(folder / "device"))
    return folder / "device", detector, files


def run(folder: Path, *words: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", ALLOWED, str(folder / "detect.py"), *map(str, words)]
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in paths if each != str(ROOT))}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stderr
    return done


def by_script(folder: Path, files: list[Path]) -> Rows:
    head, *rows = run(folder, *files).stdout.splitlines()
    assert head == "filename\tonset\toffset\tevent_label"
    return sorted(tuple(row.split("\t")) for row in rows)  # type: ignore[misc]


def by_kd(detector: Detector, files: list[Path]) -> Rows:
    found = detect_files(detector, files)
    return sorted((str(p), f"{e.onset:.6f}", f"{e.offset:.6f}", e.label) for p in files for e in found[p])


def test_one_file_finds_what_kd_finds(made: tuple[Path, Detector, list[Path]]) -> None:
    folder, detector, files = made
    assert sorted(each.name for each in folder.iterdir()) == ["detect.py"]
    wanted = by_kd(detector, files)
    assert len(wanted) > 20 and {row[3] for row in wanted} == set(CLASSES)
    assert by_script(folder, files) == wanted


def test_blended_networks_find_what_kd_finds(tmp_path: Path) -> None:
    folder, detector, files = made_in(tmp_path, blend=0.4)
    wanted = by_kd(detector, files)
    assert len(wanted) > 10 and {row[3] for row in wanted} == set(CLASSES)
    assert by_script(folder, files) == wanted


def test_shorter_and_longer_recordings(made: tuple[Path, Detector, list[Path]], tmp_path: Path) -> None:
    folder, detector, files = made
    samples, _ = soundfile.read(files[1], dtype="float32")
    others = [soundfile.read(each, dtype="float32")[0] for each in files[2:]]
    for name, sound in (("short", samples[:20_000]), ("long", np.concatenate([samples, *others])[:150_001])):
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, sound, 16_000)
        if name == "short":
            assert by_script(folder, [path]) == by_kd(detector, [path])
    # across the seams of windows of two networks and two scalings a rounding may move an edge by a frame
    rows, wanted = by_script(folder, [path]), by_kd(detector, [path])
    assert len(wanted) > 20
    assert seconds_of(rows) == pytest.approx(seconds_of(wanted), rel=0.02)


def seconds_of(rows: Rows) -> float:
    return sum(float(row[2]) - float(row[1]) for row in rows)


@pytest.mark.parametrize(("rate", "factor"), [(32_000, 2), (48_000, 3)])
def test_files_at_another_rate(made: tuple[Path, Detector, list[Path]], tmp_path: Path, rate: int, factor: int) -> None:
    folder, detector, files = made
    samples, _ = soundfile.read(files[1], dtype="float32")
    other = [tmp_path / "faster.wav"]
    soundfile.write(other[0], np.repeat(samples, factor), rate)
    rows, wanted = by_script(folder, other), by_kd(detector, other)
    assert seconds_of(rows) == pytest.approx(seconds_of(wanted), rel=0.03)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize(("channels", "format"), [(1, "WAV"), (2, "WAV"), (3, "WAVEX")])
def test_every_kind_of_wav(subtype: str, channels: int, format: str, tmp_path: Path) -> None:
    drawn = np.random.default_rng(0).uniform(-0.9, 0.9, (501, channels))
    path = tmp_path / "some.wav"
    soundfile.write(path, drawn, 8_000, subtype=subtype, format=format)
    wanted = soundfile.read(path, dtype="float64", always_2d=True)[0].mean(axis=1)
    wav = device_script.Wav(str(path))
    assert (wav.rate, wav.length) == (8_000, 501)
    np.testing.assert_allclose(wav.read(0, 501), wanted, atol=2e-7)
    np.testing.assert_allclose(wav.read(-3, 504), np.pad(wanted, 3), atol=2e-7)
    np.testing.assert_allclose(wav.read(100, 200), wanted[100:200], atol=2e-7)


@settings(max_examples=25, deadline=None)
@given(
    rate=st.sampled_from([8_000, 11_025, 22_050, 44_100, 48_000, 16_000]),
    start=st.integers(0, 3_000),
    length=st.integers(1, 2_000),
)
def test_any_piece_of_a_resampled_file_is_that_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, rate: int, start: int, length: int
) -> None:
    path = tmp_path_factory.getbasetemp() / f"rate-{rate}.wav"
    if not path.exists():
        soundfile.write(path, np.random.default_rng(rate).uniform(-0.5, 0.5, rate), rate, subtype="FLOAT")
    whole = resample(soundfile.read(path, dtype="float32")[0], rate, 16_000)
    sound = device_script.Sound(device_script.Wav(str(path)), 16_000)
    assert sound.length == len(whole)
    np.testing.assert_allclose(
        sound.read(start, start + length), whole[start : start + length], atol=1e-4
    )  # theirs is a float32 sinc


@pytest.mark.parametrize("spec", [s1(), s1(rate=32_000), s1(rate=8_000), s2()])
def test_its_filterbank_is_ours(spec: FeatureSpec) -> None:
    about = {name: getattr(spec, name) for name in ("rate", "window", "mels", "fmax")}
    np.testing.assert_allclose(device_script.filterbank(about), filterbank(spec).T, rtol=1e-5, atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(scores=st.lists(st.floats(0, 1, width=32), min_size=1, max_size=40), half=st.integers(0, 25))
def test_its_median_is_ours(scores: list[float], half: int) -> None:
    row = np.array(scores, np.float32)
    np.testing.assert_array_equal(device_script.median(row, 2 * half + 1), median_filter(row[None], 2 * half + 1)[0])


def test_what_it_says_of_files_that_it_does_not_read(made: tuple[Path, Detector, list[Path]], tmp_path: Path) -> None:
    folder, _, files = made
    bad = {
        "text.wav": b"this is no sound",
        "cut.wav": files[0].read_bytes()[:30],
        "empty.wav": b"",
        "silent.wav": files[0].read_bytes()[:44],
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
    soundfile.write(tmp_path / "nan.wav", np.full(500, np.nan, np.float32), 16_000, subtype="FLOAT")
    soundfile.write(tmp_path / "odd.wav", np.zeros(500), 44_101)
    soundfile.write(tmp_path / "law.wav", np.zeros(500), 8_000, subtype="ULAW")
    names = [*bad, "nan.wav", "odd.wav", "law.wav", "absent.wav"]
    done = run(folder, *(tmp_path / name for name in names), files[1], code=2)
    lines = done.stderr.splitlines()
    assert len(lines) == len(names), done.stderr
    assert all(line.startswith(f"error: {tmp_path / name}: ") for line, name in zip(lines, names, strict=True))
    assert f"{files[1]}\t" in done.stdout  # the others are heard all the same
    assert "python detect.py sound.wav" in run(folder, code=2).stderr


def test_it_says_how_long_it_takes(made: tuple[Path, Detector, list[Path]]) -> None:
    folder, _, files = made
    name, took, memory = run(folder, "--time", "3", files[1]).stdout.strip().split("\t")
    assert name == str(files[1]) and took.endswith(" ms") and memory.endswith(" MB")


def test_in_whole_numbers(made: tuple[Path, Detector, list[Path]], tmp_path: Path) -> None:
    folder, _, files = made
    words = ("--model", str(folder.parent / "detector"), "--out", str(tmp_path / "int8"), "--numbers", "int8")
    exported(*words, "--calibrate", str(files[0].parent))
    rows, wanted = by_script(tmp_path / "int8", files), by_script(folder, files)
    assert rows != wanted
    assert seconds_of(rows) == pytest.approx(seconds_of(wanted), rel=0.35)
