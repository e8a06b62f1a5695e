"""The median filter against scipy and against its slow twin."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import median_filter as scipy_median_filter

from kd.scoring import reference as slow
from kd.scoring.median import median_filter

odd = st.integers(0, 25).map(lambda k: 2 * k + 1)
rows = st.integers(1, 30).flatmap(
    lambda n: st.lists(
        st.lists(st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(-2, 2, width=32)), min_size=n, max_size=n),
        min_size=1,
        max_size=3,
    )
)


@settings(max_examples=200, deadline=None)
@given(rows, odd, st.sampled_from([np.float32, np.float64]))
def test_equals_scipy_and_the_slow_twin(values: list[list[float]], window: int, kind: type[np.floating]) -> None:
    scores: npt.NDArray[np.float64] = np.array(values, kind)
    ours = median_filter(scores, window)
    assert ours.dtype == scores.dtype
    np.testing.assert_array_equal(ours, scipy_median_filter(scores, size=(1, window), mode="nearest"))
    assert ours.tolist() == [slow.running_median(row=row, window=window) for row in scores.tolist()]


def test_equals_scipy_on_longer_rows() -> None:
    scores = np.random.default_rng(0).random((5, 240), dtype=np.float32)
    for window in (1, 3, 7, 27, 41, 301):
        want = scipy_median_filter(scores, size=(1, window), mode="nearest")
        np.testing.assert_array_equal(median_filter(scores, window), want)


def test_the_input_stays_as_it_was() -> None:
    scores = np.array([[0.0, 1.0, 0.0]], np.float32)
    for window in (1, 3):
        median_filter(scores, window)[:] = 9
    assert scores.tolist() == [[0.0, 1.0, 0.0]]


@pytest.mark.parametrize("window", [0, -1, 2, 8])
def test_even_windows_are_refused(window: int) -> None:
    with pytest.raises(ValueError, match="odd"):
        median_filter(np.zeros((1, 3), np.float32), window)


def test_other_types_and_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="float32"):
        median_filter(np.zeros((1, 3), np.int64), 3)  # type: ignore[type-var]
    with pytest.raises(ValueError, match="clips, frames"):
        median_filter(np.zeros((1, 2, 3), np.float32), 3)
