"""Features: shapes, the frame grid, decoding of whatever comes."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from kd.audio.decode import decode, fitted
from kd.audio.grid import FrameGrid
from kd.audio.logmel import log_mel, min_max
from kd.audio.mel import mel_filterbank
from kd.audio.resample import resample
from kd.audio.spec import FeatureSpec, s1, s2
from kd.errors import UserError


@pytest.mark.parametrize("rate", [16_000, 32_000])
def test_ten_seconds_are_240_frames_of_64_bands(rate: int) -> None:
    spec = s1(rate=rate)
    assert spec.frames == 240
    assert log_mel(np.zeros(spec.samples, dtype=np.float32), spec=spec).shape == (240, 64)
    assert spec.grid.hop == pytest.approx(0.0415)


def test_s2_has_1024_frames_of_64_bands_up_to_16_khz() -> None:
    spec = s2()
    assert (spec.frames, spec.mels, spec.grid.window) == (1024, 64, 0.02)
    times = np.arange(spec.samples) / spec.rate
    low, high = (log_mel(np.sin(2 * np.pi * f * times).astype(np.float32), spec=spec) for f in (15_000, 18_000))
    assert low.mean(axis=0).argmax() > 60 and low.max() > 0.999 and high.max() == 0


@given(st.floats(0.1, 9.7))
def test_a_click_lies_within_half_a_hop_of_its_frame_and_of_every_eighth(at: float) -> None:
    spec = s2()
    samples = np.zeros(spec.samples, dtype=np.float32)
    samples[round(at * spec.rate)] = 1.0
    loudness = log_mel(samples, spec=spec).sum(axis=1)
    edges, coarse = spec.grid.edges(), spec.grid.every(8)
    loudest = int(loudness.argmax())
    assert edges[loudest] - 1e-3 <= at <= edges[loudest + 1] + 1e-3
    nearest = round(loudest / 8)
    assert coarse.frames == 128 and coarse.edges()[nearest] - 6e-3 <= at <= coarse.edges()[nearest + 1] + 6e-3


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 100))
def test_min_max_fills_zero_to_one_whatever_the_level(seed: int, gain: float) -> None:
    bands = (gain * np.random.default_rng(seed).standard_normal((7, 5))).astype(np.float32)
    scaled = min_max(bands)
    assert scaled.min() == 0 and scaled.max() == pytest.approx(1, abs=1e-4)
    assert np.array_equal(np.argsort(scaled, axis=None, kind="stable"), np.argsort(bands, axis=None, kind="stable"))
    assert np.array_equal(min_max(np.full((7, 5), np.float32(gain))), np.zeros((7, 5), np.float32))


@given(st.floats(0.1, 9.8))
def test_a_click_lies_within_half_a_hop_of_its_frame(at: float) -> None:
    spec = s1()
    samples = np.zeros(spec.samples, dtype=np.float32)
    samples[round(at * spec.rate)] = 1.0
    loudest = int(log_mel(samples, spec=spec).sum(axis=1).argmax())
    edges = spec.grid.edges()
    assert edges[loudest] - 1e-3 <= at <= edges[loudest + 1] + 1e-3


def test_log_mel_is_librosas() -> None:
    librosa = pytest.importorskip("librosa")
    spec = s1()
    noise = np.random.default_rng(0).standard_normal(spec.samples).astype(np.float32)
    power = librosa.feature.melspectrogram(
        y=noise, sr=spec.rate, n_fft=spec.window, hop_length=spec.hop, n_mels=64, center=False, power=2.0
    )
    assert np.allclose(log_mel(noise, spec=spec), np.log(np.maximum(power, 1e-10)).T, atol=2e-4)


@given(st.floats(0, 9.99), st.floats(0.001, 5))
def test_frames_of_an_event_are_those_whose_centres_it_covers(onset: float, length: float) -> None:
    grid = s1().grid
    first, last = grid.frames_of(onset, min(onset + length, 10.0))
    centres = np.arange(grid.frames) * grid.hop + grid.window / 2
    inside = np.flatnonzero((centres >= onset) & (centres < min(onset + length, 10.0)))
    assert 0 <= first < last <= grid.frames
    if len(inside):
        assert (first, last) == (inside[0], inside[-1] + 1)


def test_edges_increase_from_nothing_to_the_end() -> None:
    edges = FrameGrid(hop=0.0415, window=0.064, frames=240, seconds=10.0).edges()
    assert edges[0] == 0 and edges[-1] == 10 and (np.diff(edges) > 0).all()


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (22_050, 2), (44_100, 1), (48_000, 3)])
def test_other_rates_and_channels_keep_time_and_level(tmp_path: Path, rate: int, channels: int) -> None:
    times = np.arange(2 * rate) / rate
    tone = (0.5 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", np.stack([tone] * channels, axis=1), rate)
    samples, seconds = decode(tmp_path / "a.wav", rate=16_000, seconds=3.0)
    assert samples.shape == (48_000,) and seconds == pytest.approx(2.0)
    assert np.abs(samples[1_000:30_000]).max() == pytest.approx(0.5, abs=0.02)
    assert np.abs(samples[32_100:]).max() == 0


def test_a_long_file_is_cropped(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.full(16_000 * 60, 0.1, dtype=np.float32), 16_000)
    samples, seconds = decode(tmp_path / "a.wav", rate=16_000, seconds=10.0)
    assert len(samples) == 160_000 and seconds == 60


@pytest.mark.parametrize("content", [b"", b"RIFFnonsense", b"\x00" * 100])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.wav").write_bytes(content)
    with pytest.raises(UserError, match=r"broken\.wav"):
        decode(tmp_path / "broken.wav", rate=16_000, seconds=1.0)


def test_no_samples_and_nan_are_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "none.wav", np.zeros(0, dtype=np.float32), 16_000)
    soundfile.write(tmp_path / "nan.wav", np.full(100, np.nan, dtype=np.float32), 16_000, subtype="FLOAT")
    for name in ("none.wav", "nan.wav"):
        with pytest.raises(UserError, match=name):
            decode(tmp_path / name, rate=16_000, seconds=1.0)


def test_resampling_at_the_same_rate_changes_nothing() -> None:
    samples = np.arange(5, dtype=np.float32)
    assert resample(samples, 16_000, 16_000) is samples
    assert fitted(samples, 3).tolist() == [0, 1, 2] and fitted(samples, 7).tolist() == [0, 1, 2, 3, 4, 0, 0]


def test_a_description_survives_json_and_refuses_unknown_keys() -> None:
    spec = s1(rate=32_000)
    assert FeatureSpec.from_dict(spec.to_dict()) == spec
    with pytest.raises(UserError, match="hopp"):
        FeatureSpec.from_dict({**spec.to_dict(), "hopp": 3})
    with pytest.raises(UserError, match="minmax"):
        FeatureSpec.from_dict({**spec.to_dict(), "scaling": "minmax"})


def test_descriptions_written_before_s2_are_those_of_today() -> None:
    before = {"rate": 16000, "window": 1024, "hop": 664, "mels": 64, "floor": 1e-10, "seconds": 10.0}
    assert s1().to_dict() == before and FeatureSpec.from_dict(before) == s1()
    assert FeatureSpec.from_dict(s2().to_dict()) == s2() and s2().preset == "s2"


@given(
    rate=st.integers(4000, 96_000), window=st.integers(64, 4096), mels=st.integers(4, 256), share=st.floats(0.1, 1.0)
)
def test_the_filterbank_is_librosas_to_the_last_bit(rate: int, window: int, mels: int, share: float) -> None:
    filters = pytest.importorskip("librosa.filters")
    fmax = share * rate / 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bands narrower than a bin are empty in both
        theirs = filters.mel(sr=rate, n_fft=window, n_mels=mels, fmax=fmax)
    assert np.array_equal(mel_filterbank(rate=rate, window=window, mels=mels, fmax=fmax), theirs)
