"""The threshold of pseudo-labels, and which clips get any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kd.errors import UserError
from kd.labels.acceptance import binarised, exact_match
from kd.labels.schedule import delta_over, falling, threshold


def test_the_threshold_falls_from_three_quarters_to_a_quarter() -> None:
    # S2 equation (5) as resolved: 3/4 - 0.2 i, held at 1/4: .75, .55, .35, then .15 < .25
    found = [threshold(start=0.75, delta=0.2, floor=0.25, i=i) for i in range(5)]
    assert found == pytest.approx([0.75, 0.55, 0.35, 0.25, 0.25])
    # four updates: δ = (3/4 - 1/4) / 3 = 1/6
    delta = delta_over(4, start=0.75, floor=0.25)
    assert delta == pytest.approx(1 / 6)
    by_default = [threshold(start=0.75, delta=delta, floor=0.25, i=i) for i in range(4)]
    assert by_default == pytest.approx([3 / 4, 7 / 12, 5 / 12, 1 / 4])
    assert delta_over(1, start=0.75, floor=0.25) == 0


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.integers(0, 50))
def test_the_threshold_never_rises_and_stays_above_the_floor(start: float, delta: float, floor: float, i: int) -> None:
    now, later = (threshold(start=start, delta=delta, floor=floor, i=j) for j in (i, i + 1))
    assert later <= now and now >= floor and now <= max(start, floor)


def test_clips_are_accepted_where_every_class_is_right() -> None:
    vectors = np.array([[0.8, 0.1], [0.8, 0.6], [0.74, 0.1], [0.75, 0.0], [0.2, 0.2]])
    tags = np.array([[1, 0], [1, 0], [1, 0], [1, 0], [0, 0]], dtype=np.float16)
    assert exact_match(vectors, tags, threshold=0.75).tolist() == [True, True, False, True, True]
    assert exact_match(vectors, tags, threshold=0.5).tolist() == [True, False, True, True, True]
    assert binarised(np.array([0.75, 0.7499]), threshold=0.75).tolist() == [True, False]


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
def test_one_wrong_class_is_enough_to_be_left_out(seed: int, theta: float) -> None:
    rng = np.random.default_rng(seed)
    tags = rng.integers(0, 2, (6, 4)).astype(np.float16)
    right = np.where(tags > 0.5, theta + 0.01, theta - 0.01)
    assert exact_match(right, tags, threshold=theta).all()
    rows, columns = np.arange(6), rng.integers(0, 4, 6)
    right[rows, columns] = 2 * theta - right[rows, columns]
    assert not exact_match(right, tags, threshold=theta).any()


def test_thresholds_fall_to_the_floor_unless_told_otherwise() -> None:
    by_default = falling(start=0.75, decay=-1, floor=0.25, updates=3)
    assert [by_default.at(i) for i in range(3)] == pytest.approx([0.75, 0.5, 0.25])
    assert falling(start=0.75, decay=0, floor=0.25, updates=3).at(9) == 0.75
    for start, decay in ((0.2, 0.0), (0.75, -0.5)):
        with pytest.raises(UserError, match="threshold_"):
            falling(start=start, decay=decay, floor=0.25, updates=3)
