"""The feature store: extracted once, never half."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kd.audio.logmel import log_mel
from kd.audio.spec import s1
from kd.audio.store import FeatureStore, Source, statistics
from kd.errors import UserError


@pytest.fixture
def sources(tmp_path: Path) -> list[Source]:
    """Five noise clips of a second."""
    found = []
    for i in range(5):
        path = tmp_path / f"{i}.wav"
        soundfile.write(path, np.random.default_rng(i).standard_normal(16_000) * 0.1, 16_000)
        found.append(Source(path, sha256(path.read_bytes()).hexdigest()))
    return found


def test_features_are_those_of_each_clip_in_the_order_asked_for(tmp_path: Path, sources: list[Source]) -> None:
    spec = s1(seconds=1.0)
    store = FeatureStore(tmp_path / "features", spec)
    store.get(sources[:2])
    features = store.get([sources[3], sources[0], sources[3]])
    samples, _ = soundfile.read(sources[0].path, dtype="float32")
    assert np.allclose(features.batch(np.array([1]))[0], log_mel(samples, spec=spec))
    assert np.array_equal(*features.batch(np.array([0, 2])))
    assert len(json.loads((store.folder / "index.json").read_text())) == 3


def test_nothing_is_extracted_twice(tmp_path: Path, sources: list[Source]) -> None:
    store = FeatureStore(tmp_path / "features", s1(seconds=1.0))
    before = store.get(sources).batch(np.arange(5)).copy()
    for source in sources:
        source.path.unlink()
    assert np.array_equal(FeatureStore(tmp_path / "features", s1(seconds=1.0)).get(sources).batch(np.arange(5)), before)


def test_rows_written_before_a_crash_but_not_indexed_are_written_again(tmp_path: Path, sources: list[Source]) -> None:
    store = FeatureStore(tmp_path / "features", s1(seconds=1.0))
    whole = store.get(sources).batch(np.arange(5)).copy()
    index = json.loads((store.folder / "index.json").read_text())
    (store.folder / "index.json").write_text(json.dumps(dict(list(index.items())[:2])))
    assert np.array_equal(store.get(sources).batch(np.arange(5)), whole)


def test_a_truncated_array_is_noticed(tmp_path: Path, sources: list[Source]) -> None:
    store = FeatureStore(tmp_path / "features", s1(seconds=1.0))
    store.get(sources)
    with (store.folder / "frames.f32").open("r+b") as file:
        file.truncate(100)
    with pytest.raises(UserError, match="shorter"):
        store.get(sources)


def test_parallel_extraction_gives_the_same(
    tmp_path: Path, sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kd.audio.store.CHUNK", 2)
    alone = FeatureStore(tmp_path / "a", s1(seconds=1.0)).get(sources)
    seen: list[tuple[int, int]] = []
    together = FeatureStore(tmp_path / "b", s1(seconds=1.0)).get(
        sources, workers=2, progress=lambda done, of: seen.append((done, of))
    )
    assert np.array_equal(alone.batch(np.arange(5)), together.batch(np.arange(5)))
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_statistics_are_mean_and_deviation_over_frames(tmp_path: Path, sources: list[Source]) -> None:
    features = FeatureStore(tmp_path / "features", s1(seconds=1.0)).get(sources)
    mean, deviation = statistics([features])
    frames = features.batch(np.arange(5)).reshape(-1, 64)
    assert np.allclose(mean, frames.mean(axis=0), atol=1e-4)
    assert np.allclose(deviation, frames.std(axis=0), rtol=1e-3)
