"""Counts at many operating points, the choice among them, and the score at the chosen ones."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d

from kd.corpus.tables import Event
from kd.scoring.counts import f1_of
from kd.scoring.decode import decode_clips
from kd.scoring.event_f1 import event_based, event_cells
from kd.scoring.grid import FrameGrid
from kd.scoring.grid_counts import GridCounts, grid_counts
from kd.scoring.operating_points import DEFAULT_THRESHOLDS, DEFAULT_WINDOWS, OperatingPoints, logit_spaced
from kd.scoring.tune import blurred, cells_at, points_of, score_at, tune

GRID = FrameGrid(hop=0.0415, window=0.064, frames=60, seconds=2.5)
CLASSES = ("a", "b", "c")
WINDOWS, THRESHOLDS = (1, 3, 7), (0.1, 0.3, 0.5, 0.5001, 0.8)
Case = tuple[npt.NDArray[np.float32], dict[str, list[Event]], list[str]]


def made_up(seed: int, clips: int = 12) -> Case:
    """Noisy scores that follow the reference; some references overlap, clip 0 is empty and class c never occurs."""
    rng = np.random.default_rng(seed)
    names = [f"{i}.wav" for i in range(clips)]
    scores = rng.random((clips, GRID.frames, len(CLASSES)), dtype=np.float32) * np.float32(0.6)
    reference: dict[str, list[Event]] = {name: [] for name in names}
    edges = GRID.edges()
    for i in range(1, clips):
        for k in rng.integers(0, 2, size=rng.integers(0, 5)):
            first, length = rng.integers(0, 45), rng.integers(3, 15)
            scores[i, first : first + length, k] += np.float32(0.35)
            onset = round(float(edges[first]), 1)
            reference[names[i]].append(Event(onset, onset + length * GRID.hop, CLASSES[k]))
    return scores, reference, names


def plain_counts(case: Case, window: int, threshold: float) -> list[list[int]]:
    scores, reference, names = case
    found = decode_clips(
        scores, clips=names, grid=GRID, thresholds=[threshold] * 3, windows=[window] * 3, classes=CLASSES
    )
    total = event_cells(reference=reference, predicted=found, classes=CLASSES).total()
    return [total.tp.tolist(), total.fp.tolist(), total.fn.tolist()]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_grid_counts_are_those_of_decoded_events(seed: int) -> None:
    case = made_up(seed)
    scores, reference, names = case
    counts = grid_counts(
        scores, reference, clips=names, grid=GRID, windows=WINDOWS, thresholds=THRESHOLDS, classes=CLASSES
    )
    for w, window in enumerate(WINDOWS):
        for t, threshold in enumerate(THRESHOLDS):
            ours = [part[w, t].tolist() for part in (counts.tp, counts.fp, counts.fn)]
            assert ours == plain_counts(case, window, threshold)
    assert counts.tp.sum() > 0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.tuples(st.floats(0.05, 0.95), st.sampled_from([1, 3, 5, 9])), min_size=3))
def test_score_at_is_decode_then_event_based(seed: int, chosen: list[tuple[float, int]]) -> None:
    scores, reference, names = made_up(seed)
    points = OperatingPoints(tuple(t for t, _ in chosen[:3]), tuple(w for _, w in chosen[:3]))
    found = decode_clips(
        scores, clips=names, grid=GRID, thresholds=points.thresholds, windows=points.windows, classes=CLASSES
    )
    ours = score_at(scores, reference, clips=names, grid=GRID, points=points, classes=CLASSES)
    assert ours.to_dict() == event_based(reference, found, classes=CLASSES).to_dict()
    cells = cells_at(scores, reference, clips=names, grid=GRID, points=points, classes=CLASSES)
    want = event_cells(reference=reference, predicted=found, classes=CLASSES)
    np.testing.assert_array_equal(cells.tp, want.tp)
    np.testing.assert_array_equal(cells.fp, want.fp)
    np.testing.assert_array_equal(cells.fn, want.fn)


def test_tune_takes_the_best_f1_of_each_class() -> None:
    case = made_up(3, clips=30)
    scores, reference, names = case
    points = tune(scores, reference, clips=names, grid=GRID, classes=CLASSES, windows=WINDOWS, thresholds=THRESHOLDS)
    for k in (0, 1):
        f1 = {}
        for window in WINDOWS:
            for threshold in THRESHOLDS:
                tp, fp, fn = (part[k] for part in plain_counts(case, window, threshold))
                f1[window, threshold] = 2 * tp / (2 * tp + fp + fn)
        assert f1[points.windows[k], points.thresholds[k]] == max(f1.values()) > 0
    assert (points.thresholds[2], points.windows[2]) == (0.5, 7)  # class c has no reference event


def test_equal_scores_go_to_the_threshold_near_a_half_then_the_smaller_window() -> None:
    grid = FrameGrid(hop=1.0, window=1.0, frames=20, seconds=20.0)
    scores = np.zeros((1, 20, 1), np.float32)
    scores[0, 5:15] = 1.0
    reference = {"x": [Event(5.0, 15.0, "a")]}
    cases: tuple[tuple[tuple[int, ...], tuple[float, ...], int, float], ...] = (
        ((7, 3, 5), (0.9, 0.4, 0.7), 3, 0.4),
        ((3, 5, 7), (0.1, 0.55, 0.6, 0.9), 3, 0.55),
        ((3, 5), (0.6, 0.4), 3, 0.4),
    )
    for windows, thresholds, window, threshold in cases:
        points = tune(scores, reference, clips=["x"], grid=grid, classes=["a"], windows=windows, thresholds=thresholds)
        assert (points.thresholds, points.windows) == ((threshold,), (window,))


def test_a_blurred_choice_prefers_a_plateau_to_a_lucky_point() -> None:
    shape = (3, 9, 1)
    tp, misses = np.zeros(shape, np.int64), np.full(shape, 10, np.int64)
    tp[0, 0] = 8  # alone
    tp[2, 4:8] = 7
    counts = GridCounts(tp, np.zeros(shape, np.int64), misses - tp)
    thresholds = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    exact, blurry = (
        points_of(counts, windows=(1, 3, 5), thresholds=thresholds, blur=blur) for blur in (None, (1.0, 2.0))
    )
    assert (exact.thresholds, exact.windows) == ((0.1,), (1,))
    assert blurry.windows == (5,) and 0.5 <= blurry.thresholds[0] <= 0.8


def test_blurring_is_scipys() -> None:
    values = np.random.default_rng(0).random((9, 33, 4))
    for axis, deviation in ((0, 1.0), (1, 2.0)):
        want = gaussian_filter1d(values, deviation, axis=axis, mode="nearest")
        np.testing.assert_allclose(blurred(values, deviation=deviation, axis=axis), want, atol=1e-12)


def test_a_score_equal_to_the_threshold_is_counted() -> None:
    grid = FrameGrid(hop=1.0, window=1.0, frames=3, seconds=3.0)
    counts = grid_counts(
        np.array([[[0.0], [0.5], [0.0]]], np.float32),
        {"x": [Event(1.0, 2.0, "a")]},
        clips=["x"],
        grid=grid,
        windows=[1],
        thresholds=[0.5, 0.5001],
        classes=["a"],
    )
    assert counts.tp[0, :, 0].tolist() == [1, 0]
    assert counts.fn[0, :, 0].tolist() == [0, 1]


def test_a_class_that_is_never_hit_stays_at_the_fixed_point() -> None:
    scores, _, names = made_up(0)
    reference = {name: [Event(100.0, 200.0, "a")] for name in names}
    points = tune(scores, reference, clips=names, grid=GRID, classes=CLASSES)
    assert points == OperatingPoints.fixed(classes=3)


def test_cells_restrict_each_class_to_some_clips() -> None:
    scores, reference, names = made_up(5)
    half = np.zeros((len(names), 3), np.bool_)
    half[:6, 0] = half[6:, 1] = True
    counts = grid_counts(
        scores, reference, clips=names, grid=GRID, windows=(3,), thresholds=(0.5,), classes=CLASSES, cells=half
    )
    for k, part in ((0, slice(0, 6)), (1, slice(6, 12))):
        alone = grid_counts(
            scores[part], reference, clips=names[part], grid=GRID, windows=(3,), thresholds=(0.5,), classes=CLASSES
        )
        for name in ("tp", "fp", "fn"):
            assert getattr(counts, name)[0, 0, k] == getattr(alone, name)[0, 0, k]
    assert counts.tp[..., 2].sum() == counts.fp[..., 2].sum() == 0


def test_the_number_of_threads_changes_nothing() -> None:
    scores, reference, names = made_up(7)
    one, many = (
        grid_counts(
            scores,
            reference,
            clips=names,
            grid=GRID,
            windows=WINDOWS,
            thresholds=THRESHOLDS,
            classes=CLASSES,
            workers=workers,
        )
        for workers in (1, 5)
    )
    for name in ("tp", "fp", "fn"):
        np.testing.assert_array_equal(getattr(one, name), getattr(many, name))


def test_default_operating_points() -> None:
    assert len(DEFAULT_THRESHOLDS) == 33
    assert DEFAULT_THRESHOLDS[0] == 0.02
    assert DEFAULT_THRESHOLDS[16] == 0.5
    assert DEFAULT_THRESHOLDS[-1] == 0.98
    assert list(DEFAULT_THRESHOLDS) == sorted(set(DEFAULT_THRESHOLDS))
    logits = np.log(np.array(DEFAULT_THRESHOLDS) / (1 - np.array(DEFAULT_THRESHOLDS)))
    assert np.ptp(np.diff(logits)) < 0.01
    assert all(window % 2 for window in DEFAULT_WINDOWS)
    with pytest.raises(ValueError, match="odd"):
        logit_spaced(steps=10)
    with pytest.raises(ValueError, match="odd"):
        OperatingPoints((0.5,), (4,))


def test_f1_of_nothing_is_nought() -> None:
    zero = np.zeros(2, np.int64)
    assert f1_of(tp=np.array([0, 2]), fp=zero, fn=np.array([0, 2])).tolist() == [0.0, 2 / 3]
