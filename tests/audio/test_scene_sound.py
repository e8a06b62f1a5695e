"""Sound as scene networks read it."""

from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile

from kd.audio.scene_sound import FULL, channels_of, scene_sound
from kd.audio.scene_spec import SceneSpec
from kd.audio.store import FeatureStore, Source
from kd.corpus.audio_files import probe
from kd.errors import UserError


def test_the_shapes_of_the_papers() -> None:
    assert SceneSpec("waveform", 48_000, 2, 10.0).shape == (480_000, 2)
    assert SceneSpec("mel", 48_000, 2, 10.0).shape == (2, 249, 256)
    bands = SceneSpec("mel", 48_000, 2, 10.0).bands
    assert (bands.window, bands.hop) == (4_800, 1_920)
    with pytest.raises(UserError, match="shorter than a frame"):
        SceneSpec("mel", 48_000, 2, 0.05)
    with pytest.raises(UserError, match="not known"):
        SceneSpec("cqt", 48_000, 2, 1.0)


def written(path: Path, *, rate: int = 16_000, channels: int = 2, seconds: float = 1.0) -> np.ndarray:
    sound = np.random.default_rng(0).normal(0, 0.1, (round(rate * seconds), channels)).astype(np.float32)
    soundfile.write(path, sound, rate, subtype="FLOAT")
    return sound


def test_bands_equal_librosas(tmp_path: Path) -> None:
    sound = written(tmp_path / "a.wav")
    spec = SceneSpec("mel", 16_000, 2, 1.0, mels=64)
    found, seconds = scene_sound(tmp_path / "a.wav", spec=spec)
    assert found.shape == spec.shape == (2, 24, 64) and seconds == 1.0
    for channel in range(2):
        y = np.append(librosa.effects.preemphasis(sound[:, channel], coef=0.97, zi=[0.0]), np.zeros(320))
        power = librosa.feature.melspectrogram(
            y=y.astype(np.float64), sr=16_000, n_fft=1600, hop_length=640, n_mels=64, center=False, power=2.0
        )
        assert np.allclose(found[channel], np.log(np.maximum(power, 1e-10)).T, atol=2e-3)


def test_samples_are_those_of_the_file_and_other_rates_are_resampled(tmp_path: Path) -> None:
    sound = written(tmp_path / "a.wav")
    found, _ = scene_sound(tmp_path / "a.wav", spec=SceneSpec("waveform", 16_000, 2, 1.5))
    assert found.dtype == np.int16 and found.shape == (24_000, 2) and not found[16_000:].any()
    assert np.abs(found[:16_000] / FULL - sound).max() <= 0.5 / FULL + 1e-7
    half, _ = scene_sound(tmp_path / "a.wav", spec=SceneSpec("waveform", 8_000, 1, 1.0))
    assert half.shape == (8_000, 1) and 0 < np.abs(half).max() < FULL


def test_channels() -> None:
    mono, stereo = np.ones((1, 4), np.float32), np.stack([np.zeros(4), np.ones(4)]).astype(np.float32)
    assert np.array_equal(channels_of(mono, 2), np.ones((2, 4))) and np.allclose(channels_of(stereo, 1), 0.5)
    assert np.array_equal(channels_of(np.concatenate([stereo, stereo]), 2), stereo)


def test_they_are_stored_once_and_read_in_another_process(tmp_path: Path) -> None:
    written(tmp_path / "a.wav")
    source = Source(tmp_path / "a.wav", probe(tmp_path / "a.wav").sha256)
    for spec in (SceneSpec("waveform", 16_000, 2, 1.0), SceneSpec("mel", 16_000, 2, 1.0)):
        found = FeatureStore(tmp_path / "store", spec).get([source])
        again = FeatureStore(tmp_path / "store", spec).get([Source(tmp_path / "gone.wav", source.content)])
        assert found.array.dtype == spec.dtype and np.array_equal(found.array, again.array)
        make, given = found.__reduce__()
        assert np.array_equal(make(*given).array, found.array)


def test_files_without_sound(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "none.wav", np.zeros((0, 2)), 16_000)
    (tmp_path / "text.wav").write_text("no sound")
    for name, said in (("none.wav", "holds no sound"), ("text.wav", "cannot be read as audio")):
        with pytest.raises(UserError, match=said):
            scene_sound(tmp_path / name, spec=SceneSpec("waveform", 16_000, 2, 1.0))
