"""Hysteresis as a filter, against two thresholds taken at their word."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from kd.corpus.tables import Event
from kd.scoring.decode import decode_clips
from kd.scoring.event_f1 import event_cells
from kd.scoring.grid import FrameGrid
from kd.scoring.grid_counts import grid_counts
from kd.scoring.hysteresis import hysteresis, raised, reconstructed
from kd.scoring.median import median_filter
from kd.scoring.operating_points import OperatingPoints
from kd.scoring.tune import score_at, tune

Singles = npt.NDArray[np.float32]


def two_thresholds(row: Singles, threshold: float, depth: float) -> npt.NDArray[np.bool_]:
    """Frames of runs at or above the lower threshold that hold a frame at or above the upper one."""
    runs, _ = label(raised(row, depth) >= threshold)
    kept = np.unique(runs[row >= threshold])
    return np.isin(runs, kept[kept > 0])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(0, 1, width=32), min_size=1, max_size=40),
    st.sampled_from([0.0, 0.5, 1.0, 3.0, 8.0]),
    st.floats(0.01, 0.99),
)
def test_a_threshold_of_filtered_scores_is_two_thresholds_of_plain_ones(
    values: list[float], depth: float, threshold: float
) -> None:
    row = np.array(values, np.float32)
    filtered = hysteresis(row[None], depth)[0]
    for level in {threshold, *map(float, row)}:
        np.testing.assert_array_equal(filtered >= level, two_thresholds(row, level, depth))
    assert (filtered >= row).all() and filtered.dtype == np.float32


@settings(max_examples=300, deadline=None)
@given(st.floats(0, 1, width=32), st.integers(1, 1000), st.floats(0.01, 20))
def test_raised_scores_keep_the_order_of_scores(value: float, apart: int, depth: float) -> None:
    low = np.float32(value)
    high = min(np.float32(1), (low.view(np.int32) + np.int32(apart)).view(np.float32))
    if low <= high:
        one, two = raised(np.array([low, high], np.float32), depth)
        assert low <= one <= two <= 1


def test_raised_scores_are_a_shift_of_logits() -> None:
    p = np.linspace(0.001, 0.999, 999).astype(np.float32)
    want = 1 / (1 + np.exp(-(np.log(p.astype(np.float64) / (1 - p.astype(np.float64))) + 2)))
    np.testing.assert_allclose(raised(p, 2.0), want, rtol=1e-6)


def test_reconstruction_by_hand() -> None:
    marker = np.array([[0, 3, 0, 0, 1, 5, 1]], np.int32)
    mask = np.array([[2, 4, 2, 0, 3, 5, 4]], np.int32)
    assert reconstructed(marker, mask).tolist() == [[2, 3, 2, 0, 3, 5, 4]]


def made_up(seed: int) -> tuple[Singles, dict[str, list[Event]], list[str], FrameGrid]:
    grid = FrameGrid(hop=0.05, window=0.05, frames=60, seconds=3.0)
    rng = np.random.default_rng(seed)
    names = [f"{i}.wav" for i in range(10)]
    scores = rng.random((10, 60, 2), dtype=np.float32) * np.float32(0.5)
    reference: dict[str, list[Event]] = {name: [] for name in names}
    for i, name in enumerate(names):
        first, length = int(rng.integers(0, 40)), int(rng.integers(4, 20))
        scores[i, first : first + length, i % 2] += np.float32(0.4)
        reference[name].append(Event(first * 0.05, (first + length) * 0.05, "ab"[i % 2]))
    return scores, reference, names, grid


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_counts_on_the_grid_are_those_of_decoded_events(seed: int) -> None:
    scores, reference, names, grid = made_up(seed)
    depths, windows, thresholds = (0.0, 0.7, 2.0), (1, 5), (0.2, 0.5, 0.8)
    counts = grid_counts(
        scores, reference, clips=names, grid=grid, windows=windows, thresholds=thresholds, classes="ab", depths=depths
    )
    assert counts.tp.shape == (3, 2, 3, 2) and counts.tp.sum() > 0
    for d, depth in enumerate(depths):
        for w, window in enumerate(windows):
            for t, threshold in enumerate(thresholds):
                points = OperatingPoints((threshold,) * 2, (window,) * 2, (depth,) * 2)
                found = decode_clips(
                    scores,
                    clips=names,
                    grid=grid,
                    thresholds=points.thresholds,
                    windows=points.windows,
                    classes="ab",
                    depths=points.depths,
                )
                total = event_cells(reference=reference, predicted=found, classes="ab").total()
                assert counts.tp[d, w, t].tolist() == total.tp.tolist()
                assert counts.fp[d, w, t].tolist() == total.fp.tolist()
                at = score_at(scores, reference, clips=names, grid=grid, points=points, classes="ab")
                assert at.to_dict() == total.scores().to_dict()


def test_tuning_finds_a_depth_where_one_threshold_cannot_do() -> None:
    grid = FrameGrid(hop=0.1, window=0.1, frames=100, seconds=10.0)
    scores = np.full((1, 100, 1), 0.1, np.float32)
    scores[0, 20:60] = 0.3  # an event that is weak but for one frame
    scores[0, 40] = 0.9
    scores[0, 70:90] = 0.3  # noise as strong as most of it
    reference = {"x": [Event(2.0, 6.0, "a")]}
    how = {"clips": ["x"], "grid": grid, "classes": ["a"]}
    flat = tune(scores, reference, **how)  # type: ignore[arg-type]
    deep = tune(scores, reference, depths=(0.0, 1.0, 2.0, 3.0), **how)  # type: ignore[arg-type]
    at = [score_at(scores, reference, points=points, **how).macro.f1 for points in (flat, deep)]  # type: ignore[arg-type]
    assert at[0] is not None and at[0] < 1 and at[1] == 1
    assert flat.depths == (0.0,) and deep.depths[0] > 0


def test_hysteresis_is_of_scores_after_the_median() -> None:
    scores, _, names, grid = made_up(0)
    found = decode_clips(
        scores, clips=names, grid=grid, thresholds=(0.6, 0.6), windows=(5, 5), classes="ab", depths=(1.0, 1.0)
    )
    for i, name in enumerate(names):
        for k, which in enumerate("ab"):
            smooth = median_filter(np.ascontiguousarray(scores[i : i + 1, :, k]), 5)[0]
            active = two_thresholds(smooth, 0.6, 1.0)
            assert sum(e.label == which for e in found[name]) == (np.diff(active, prepend=False) & active).sum()


def test_depths_are_checked() -> None:
    with pytest.raises(ValueError, match="depths are 0 or more"):
        OperatingPoints((0.5,), (1,), (-1.0,))
    with pytest.raises(ValueError, match="2 depths"):
        OperatingPoints((0.5,), (1,), (1.0, 2.0))
