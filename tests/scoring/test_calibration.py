"""Calibration error and reliability curves against a slow, obvious twin."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kd.corpus.tables import Event
from kd.scoring.calibration import calibration, error_of, reliability
from kd.scoring.frame_truth import frame_truth
from kd.scoring.grid import FrameGrid

PROBABILITIES = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.2, 1 / 3, 0.6, 1.0]))
CASES = st.lists(st.tuples(PROBABILITIES, st.booleans()), min_size=1, max_size=60)


def slow_error(cases: list[tuple[float, bool]], bins: int) -> float:
    """ECE over (b/B, (b+1)/B], one bin after the other."""
    error = 0.0
    for b in range(bins):
        inside = [(p, y) for p, y in cases if (b / bins < p or b == 0) and (p <= (b + 1) / bins or b == bins - 1)]
        if inside:
            predicted, observed = (math.fsum(column) / len(inside) for column in zip(*inside, strict=True))
            error += len(inside) / len(cases) * abs(observed - predicted)
    return error


def slow_error_by_mass(cases: list[tuple[float, bool]], bins: int) -> float:
    """The same over parts of the sorted cases; a case goes up with the first of a part that it equals."""
    cases, parts = sorted(cases), [[] for _ in range(bins)]  # type: ignore[var-annotated]
    starts = [len(cases) * b // bins for b in range(1, bins)]
    for case in cases:
        parts[sum(cases[start][0] <= case[0] for start in starts)].append(case)
    gaps = (abs(sum(y for _, y in part) - math.fsum(p for p, _ in part)) for part in parts)
    return sum(gaps) / len(cases)


@settings(max_examples=300, deadline=None)
@given(CASES, st.integers(1, 20))
def test_error_is_that_of_the_slow_twin(cases: list[tuple[float, bool]], bins: int) -> None:
    probabilities, truth = np.array([p for p, _ in cases]), np.array([y for _, y in cases])
    ours = error_of(reliability(probabilities, truth, bins=bins))
    assert ours == pytest.approx(slow_error(cases, bins), abs=1e-12)
    ours = error_of(reliability(probabilities, truth, bins=bins, binning="mass"))
    assert ours == pytest.approx(slow_error_by_mass(cases, bins), abs=1e-12)


def test_a_curve_by_hand() -> None:
    probabilities = np.array([0.0, 0.5, 0.5, 0.9, 1.0], np.float32)
    low, high = reliability(probabilities, np.array([False, True, False, True, True]), bins=2)
    assert (low.low, low.high, low.count, low.observed) == (0.0, 0.5, 3, 1 / 3)
    assert low.predicted == pytest.approx(1 / 3)
    assert (high.low, high.high, high.count, high.observed) == (0.5, 1.0, 2, 1.0)
    assert error_of((low, high)) == pytest.approx(2 / 5 * 0.05)
    assert error_of(()) is None


def test_bins_of_equal_mass_are_equal_and_do_not_depend_on_the_order() -> None:
    rng = np.random.default_rng(0)
    probabilities, truth = rng.random(90) ** 5, rng.random(90) < 0.3
    curve = reliability(probabilities, truth, binning="mass")
    assert [one.count for one in curve] == [6] * 15
    tied = np.round(probabilities, 2)
    order = rng.permutation(90)
    again = reliability(tied[order], truth[order], binning="mass")
    for one, other in zip(reliability(tied, truth, binning="mass"), again, strict=True):
        assert (one.count, one.observed, one.low) == (other.count, other.observed, other.low)


def test_true_probabilities_are_calibrated_and_others_are_not() -> None:
    rng = np.random.default_rng(1)
    probabilities = rng.random((100, 240, 2))
    truth = rng.random(probabilities.shape) < probabilities
    true = calibration(probabilities, truth, classes=["a", "b"])
    assert true.error is not None and true.error < 0.015
    assert true.error_by_mass is not None and true.error_by_mass < 0.015
    bold = calibration(np.round(probabilities), truth, classes=["a", "b"])
    assert bold.error == pytest.approx(0.25, abs=0.01)
    assert bold.classes["a"].cases == 24_000 and bold.classes["b"].positives == truth[..., 1].sum()


def test_tags_json_and_classes_that_never_occur() -> None:
    probabilities = np.array([[0.2, 0.1], [0.4, 0.3]], np.float16)
    found = calibration(probabilities, np.array([[False, False], [True, False]]), classes=["a", "b"])
    b = found.classes["b"]
    assert (b.cases, b.positives, b.error) == (2, 0, pytest.approx(0.2, abs=1e-3))
    out = found.to_dict()
    assert json.loads(json.dumps(out, allow_nan=False))["classes"]["a"]["curve"][0]["count"] == 1
    none = calibration(np.zeros((0, 2)), np.zeros((0, 2), np.bool_), classes=["a", "b"])
    assert (none.error, none.error_by_mass, none.classes["a"].error) == (None, None, None)


@pytest.mark.parametrize("wrong", [[0.5, np.nan], [-0.1, 0.5], [0.5, 1.5]])
def test_what_is_no_probability_is_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        reliability(np.array(wrong), np.array([True, False]))


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="must be"):
        calibration(np.zeros((3, 2)), np.zeros((3, 2), np.bool_), classes=["a"])


def test_frames_inside_events() -> None:
    grid = FrameGrid(hop=1.0, window=1.0, frames=5, seconds=5.0)
    reference = {"x": [Event(1.0, 3.0, "a"), Event(2.2, 4.4, "a"), Event(0.0, 9.0, "z")], "y": [Event(4.9, 5.0, "b")]}
    truth = frame_truth(reference, clips=["y", "x", "w"], classes=["a", "b"], grid=grid)
    assert truth[1, :, 0].tolist() == [False, True, True, True, False]
    assert truth[0, :, 1].tolist() == [False, False, False, False, True]
    assert truth.sum() == 4
