"""Curves over every distinct score, and the best F1 on them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kd.corpus.tables import Event
from kd.scoring.counts import f1_of
from kd.scoring.curves import Best, best_f1, event_curves, ranked
from kd.scoring.decode import decode_clips
from kd.scoring.event_f1 import event_cells
from kd.scoring.grid import FrameGrid
from kd.scoring.grid_counts import grid_counts
from kd.scoring.median import median_filter
from tests.scoring.test_tune import CLASSES, GRID, Case, made_up


def rounded(seed: int, clips: int = 6) -> Case:
    """`made_up`, with few distinct scores: ties inside clips and between them."""
    scores, reference, names = made_up(seed, clips)
    return np.round(scores, 1).astype(np.float32), reference, names


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([(1, 1, 1), (3, 1, 7), (5, 9, 61)]))
def test_each_point_is_decode_then_event_cells(seed: int, windows: tuple[int, ...]) -> None:
    scores, reference, names = rounded(seed)
    curves = event_curves(scores, reference, clips=names, grid=GRID, classes=CLASSES, windows=windows)
    for k, curve in enumerate(curves):
        smooth = median_filter(np.ascontiguousarray(scores[:, :, k]), windows[k])
        assert curve.thresholds.tolist() == sorted(set(smooth.ravel().tolist()), reverse=True)
        for i, threshold in enumerate(curve.thresholds.tolist()):
            found = decode_clips(
                scores, clips=names, grid=GRID, thresholds=[threshold] * 3, windows=windows, classes=CLASSES
            )
            want = event_cells(reference=reference, predicted=found, classes=CLASSES).total()
            assert (curve.tp[i], curve.fp[i], curve.fn[i]) == (want.tp[k], want.fp[k], want.fn[k])


def test_drawn_scores_find_some_events() -> None:
    found = 0
    for seed in range(8):
        scores, reference, names = rounded(seed)
        curves = event_curves(scores, reference, clips=names, grid=GRID, classes=CLASSES, windows=(1, 1, 1))
        found += sum(int(curve.tp.max()) for curve in curves)
    assert found > 8


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_best_f1_is_the_highest_of_all_thresholds_and_windows(seed: int, ties: bool) -> None:
    scores, reference, names = rounded(seed, 8) if ties else made_up(seed, 4)
    best = best_f1(scores, reference, clips=names, grid=GRID, classes=CLASSES, windows=(5, 1, 3))
    counts = grid_counts(
        scores,
        reference,
        clips=names,
        grid=GRID,
        windows=(5, 1, 3),
        thresholds=np.unique(scores).tolist(),
        classes=CLASSES,
    )
    highest = f1_of(tp=counts.tp, fp=counts.fp, fn=counts.fn).max(axis=(0, 1))
    assert [found.f1 for found in best] == highest.tolist()
    points = []
    for window in (1, 3, 5):
        curves = event_curves(scores, reference, clips=names, grid=GRID, classes=CLASSES, windows=(window,) * 3)
        for k, curve in enumerate(curves):
            f1 = f1_of(tp=curve.tp, fp=curve.fp, fn=curve.fn)
            points += [(k, *row, window) for row in zip(f1.tolist(), curve.thresholds.tolist(), strict=True)]
    for k in (0, 1):
        mine = [Best(*point[1:]) for point in points if point[0] == k]
        order = sorted(mine, key=lambda p: (-p.f1, round(abs(p.threshold - 0.5), 9), p.window, p.threshold))
        assert best[k] == (order[0] if order[0].f1 > 0 else Best(0.0, 0.5, 7))
    assert best[2] == Best(0.0, 0.5, 7)


def test_equal_scores_are_settled_as_in_tune() -> None:
    grid = FrameGrid(hop=1.0, window=1.0, frames=20, seconds=20.0)
    scores = np.zeros((1, 20, 1), np.float32)
    scores[0, 5:15] = np.array([0.75] * 4 + [0.875] * 6)[:, None]
    reference = {"x": [Event(5.0, 15.0, "a")]}
    (best,) = best_f1(scores, reference, clips=["x"], grid=grid, classes=["a"], windows=(7, 3, 5))
    assert best == Best(1.0, 0.75, 3)
    scores[0, 9:15] = 0.25  # the whole event at 0.25 in window 3; at 0.75 only its first part
    (best,) = best_f1(scores, reference, clips=["x"], grid=grid, classes=["a"], windows=(3,))
    assert best == Best(1.0, 0.25, 3)


def test_cells_restrict_each_class_to_some_clips() -> None:
    scores, reference, names = made_up(5)
    half = np.zeros((len(names), 3), np.bool_)
    half[:6, 0] = half[6:, 1] = True
    windows = (3, 3, 3)
    curves = event_curves(scores, reference, clips=names, grid=GRID, classes=CLASSES, windows=windows, cells=half)
    best = best_f1(scores, reference, clips=names, grid=GRID, classes=CLASSES, windows=(3,), cells=half)
    for k, part in ((0, slice(0, 6)), (1, slice(6, 12))):
        alone = event_curves(scores[part], reference, clips=names[part], grid=GRID, classes=CLASSES, windows=windows)[k]
        for name in ("thresholds", "tp", "fp", "fn"):
            np.testing.assert_array_equal(getattr(curves[k], name), getattr(alone, name))
        assert best[k].f1 == f1_of(tp=alone.tp, fp=alone.fp, fn=alone.fn).max() > 0
    assert curves[2].thresholds.size == curves[2].tp.size == 0
    assert best[2] == Best(0.0, 0.5, 7)


def test_the_number_of_threads_changes_nothing() -> None:
    scores, reference, names = made_up(7)
    one, many = (
        best_f1(scores, reference, clips=names, grid=GRID, classes=CLASSES, windows=(1, 5), workers=workers)
        for workers in (1, 5)
    )
    assert one == many


def test_a_class_that_is_never_hit_stays_at_the_fixed_point() -> None:
    scores, _, names = made_up(0)
    reference = {name: [Event(100.0, 200.0, "a")] for name in names}
    assert best_f1(scores, reference, clips=names, grid=GRID, classes=CLASSES) == (Best(0.0, 0.5, 7),) * 3


def test_ranks_by_hand() -> None:
    ranks = ranked(np.array([[0.5, 0.25, 0.5, 1.0], [0.75, 0.75, 0.25, 0.75]], np.float32))
    assert ranks.distinct.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert ranks.levels.tolist() == [[2, 1, 2, 3], [2, 2, 1, 2]]
    assert ranks.places.tolist() == [[0, 1, 3, 0], [0, 2, 0, 0]]


def test_what_does_not_fit_is_refused() -> None:
    scores, reference, names = made_up(0)
    with pytest.raises(ValueError, match="2 windows"):
        event_curves(scores, reference, clips=names, grid=GRID, classes=CLASSES, windows=(1, 3))
    with pytest.raises(ValueError, match="odd"):
        best_f1(scores, reference, clips=names, grid=GRID, classes=CLASSES, windows=(2,))
    with pytest.raises(ValueError, match="cells"):
        best_f1(scores, reference, clips=names, grid=GRID, classes=CLASSES, cells=np.ones((1, 3), np.bool_))
