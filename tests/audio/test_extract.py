"""Extraction: every implementation and any number of threads gives the same features."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import torch

from kd.audio.decode import decode
from kd.audio.extract import batched, description, extracted
from kd.audio.logmel import filterbank, hann, log_mel
from kd.audio.logmel_torch import log_mel_of
from kd.audio.resample import resample
from kd.audio.spec import FeatureSpec, s1, s2
from kd.audio.store import FeatureStore
from kd.audio.torchaudio_import import torchaudio
from kd.engines.local import mapped
from kd.errors import UserError

Floats = npt.NDArray[np.float32]


def sounds(length: int, rate: int) -> Floats:
    """Noise, quiet noise, a tone, a sweep, a click, half a clip of silence, silence."""
    rng, times = np.random.default_rng(0), np.arange(length) / rate
    found = [
        0.3 * rng.standard_normal(length),
        1e-4 * rng.standard_normal(length),
        0.9 * np.sin(2 * np.pi * 440 * times),
        0.8 * np.sin(2 * np.pi * (50 * times + 390 * times**2)),
        np.eye(1, length, length // 2)[0],
        np.where(times < times[-1] / 2, 0, 0.5 * np.sin(2 * np.pi * 3000 * times)),
        np.zeros(length),
    ]
    return np.array(found, dtype=np.float32)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Clips of several rates, kinds and channels."""
    rng = np.random.default_rng(0)
    kinds = [(44_100, "PCM_16", 1), (44_100, "FLOAT", 2), (22_050, "PCM_24", 1), (16_000, "PCM_16", 2)]
    for i, (rate, kind, channels) in enumerate(3 * kinds):
        soundfile.write(tmp_path / f"{i:02}.wav", 0.1 * rng.standard_normal((rate, channels)), rate, subtype=kind)
    return sorted(tmp_path.glob("*.wav"))


@pytest.mark.parametrize("rate", [16_000, 32_000])
def test_torchs_log_mel_is_ours(rate: int) -> None:
    spec = s1(rate=rate)
    clips = sounds(spec.samples, rate)
    found = log_mel_of(torch.from_numpy(clips), spec=spec).numpy()
    assert found.shape == (len(clips), spec.frames, spec.mels) and found.dtype == np.float32
    for clip, other in zip(clips, found, strict=True):
        assert np.abs(log_mel(clip, spec=spec) - other).max() < 1e-5


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cudas_log_mel_is_ours() -> None:
    spec = s1()
    clips = sounds(spec.samples, spec.rate)
    found = log_mel_of(torch.from_numpy(clips).cuda(), spec=spec).cpu().numpy()
    assert max(np.abs(log_mel(clip, spec=spec) - each).max() for clip, each in zip(clips, found, strict=True)) < 1e-5


def test_log_mel_is_the_whole_filterbanks() -> None:
    spec = s1()
    for clip in sounds(spec.samples, spec.rate):
        frames = np.lib.stride_tricks.sliding_window_view(clip, spec.window)[:: spec.hop]
        power = np.abs(np.fft.rfft(frames * hann(spec.window), axis=1)) ** 2
        bands = power.astype(np.float64) @ filterbank(spec).T
        assert np.abs(log_mel(clip, spec=spec) - np.log(np.maximum(bands, spec.floor))).max() < 1e-5


@pytest.mark.parametrize(
    ("own", "rate"),
    [(44_100, 16_000), (44_100, 32_000), (22_050, 16_000), (11_025, 16_000), (48_000, 16_000), (48_000, 32_000)],
)
@pytest.mark.parametrize("length", [1, 440, 441, 20_001])
def test_resampling_is_torchaudios(own: int, rate: int, length: int) -> None:
    samples = np.random.default_rng(length).standard_normal(length).astype(np.float32)
    want = torchaudio().functional.resample(torch.from_numpy(samples), own, rate).numpy()
    found = resample(samples, own, rate)
    assert found.shape == want.shape and found.dtype == np.float32
    np.testing.assert_allclose(found, want, rtol=0, atol=1e-6)


def test_whole_numbers_are_read_as_libsndfile_does(tmp_path: Path) -> None:
    values = np.arange(-(2**15), 2**15, dtype=np.int16)
    soundfile.write(tmp_path / "a.wav", values, 16_000, subtype="PCM_16")
    want, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert np.array_equal(decode(tmp_path / "a.wav", rate=16_000, seconds=len(values) / 16_000)[0], want)


@pytest.mark.parametrize("spec", [s1(seconds=1.0), s2(seconds=1.0)])
def test_threads_and_batches_change_nothing(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, spec: FeatureSpec
) -> None:
    monkeypatch.setattr("kd.audio.extract.BATCH", 5)
    before = torch.get_num_threads()
    alone = list(extracted(files, spec=spec, workers=1))
    together = list(extracted(files, spec=spec, workers=3))
    by_torch = list(batched(files, spec=spec, workers=2, device=torch.device("cpu")))
    assert torch.get_num_threads() == before and len(alone) == len(files)
    for one, two, three in zip(alone, together, by_torch, strict=True):
        assert np.array_equal(one[0], two[0]) and one[1] == two[1] == three[1] == 1.0
        assert np.abs(one[0] - three[0]).max() < 1e-5


def test_what_cuda_computed_has_a_place_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = s1()
    monkeypatch.setattr("kd.audio.extract.on_cuda", lambda: False)
    assert description(spec) == spec.to_dict()
    ours = FeatureStore(tmp_path, spec)
    monkeypatch.setattr("kd.audio.extract.on_cuda", lambda: True)
    assert FeatureStore(tmp_path, spec).folder != ours.folder


@pytest.mark.parametrize("workers", [1, 3])
def test_a_broken_file_ends_it_and_is_named(files: list[Path], workers: int) -> None:
    files[6].write_bytes(b"nonsense")
    before = torch.get_num_threads()
    with pytest.raises(UserError, match=files[6].name):
        list(extracted(files, spec=s1(seconds=1.0), workers=workers))
    assert torch.get_num_threads() == before


def test_few_results_wait() -> None:
    started: list[int] = []

    def work(i: int) -> int:
        started.append(i)
        return i * i

    results = mapped(work, range(100), workers=2)
    assert [next(results) for _ in range(3)] == [0, 1, 4] and len(started) <= 7
    results.close()
    assert len(started) <= 7
    assert list(mapped(work, range(20), workers=4)) == [i * i for i in range(20)]
