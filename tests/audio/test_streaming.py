"""Blocks of sound to features: what the whole of it gives at once."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kd.audio.logmel import log_bands
from kd.audio.resample import resample
from kd.audio.spec import s1, s2
from kd.audio.streaming import StreamLogBands, StreamResampler

Array = npt.NDArray[np.float32]


def noise(count: int) -> Array:
    return np.random.default_rng(count).standard_normal(count).astype(np.float32) / 4


def pieces(samples: Array, cuts: Sequence[int]) -> list[Array]:
    return np.split(samples, sorted(cut % (len(samples) + 1) for cut in cuts))


@pytest.mark.parametrize(
    ("own", "rate"),
    [(44_100, 16_000), (48_000, 16_000), (22_050, 44_100), (8_000, 32_000), (16_000, 16_000), (44_101, 16_000)],
)
@settings(max_examples=15, deadline=None)
@given(count=st.integers(1, 130_000), cuts=st.lists(st.integers(0, 10**6), max_size=6))
def test_resampled_in_pieces_or_whole(own: int, rate: int, count: int, cuts: list[int]) -> None:
    samples = noise(count)
    stream = StreamResampler(own, rate)
    found = np.concatenate([*(stream.push(piece) for piece in pieces(samples, cuts)), stream.finish()])
    whole = resample(samples, own, rate)
    assert found.shape == whole.shape
    np.testing.assert_allclose(found, whole, atol=2e-6)


def test_resampling_holds_little_of_a_long_recording() -> None:
    stream = StreamResampler(44_100, 16_000)
    for _ in range(20):
        stream.push(noise(44_100))
        assert len(stream.held) < 3 * 441


@settings(max_examples=20, deadline=None)
@given(count=st.integers(1, 40_000), cuts=st.lists(st.integers(0, 10**6), max_size=6))
def test_bands_in_pieces_or_whole(count: int, cuts: list[int]) -> None:
    spec, samples = s1(seconds=2.0), noise(count)
    stream = StreamLogBands(spec)
    found = np.concatenate([*(stream.push(piece) for piece in pieces(samples, cuts)), stream.finish()])
    padded = np.pad(samples, (0, max(0, spec.samples - count)))
    assert np.array_equal(found, log_bands(padded, spec=spec))


def test_bands_of_s2_are_not_scaled() -> None:
    spec, samples = s2(seconds=1.0), noise(44_100)
    assert np.array_equal(StreamLogBands(spec).push(samples), log_bands(samples, spec=spec))
