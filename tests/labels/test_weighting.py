"""Weights of teachers: on the simplex, the likeliest, and those of a mixture that is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import minimize

from kd.labels.weighting import (
    SURE,
    best_weights,
    combined,
    convex_weights,
    disagreement,
    mean_weights,
    on_own_scale,
)


def log_loss(weights: np.ndarray, labels: list[np.ndarray], truth: np.ndarray) -> np.ndarray:
    """Of each class, the cross-entropy of the combined labels, written out."""
    q = sum(w * np.clip(each.astype(np.float64), SURE, 1 - SURE) for w, each in zip(weights, labels, strict=True))
    return -np.where(truth, np.log(q), np.log(1 - q)).mean(axis=0)


@settings(max_examples=60, deadline=None)
@given(
    q=hnp.arrays(np.float32, st.tuples(st.integers(1, 4), st.just(30), st.just(2)), elements=st.floats(0, 1, width=32)),
    seed=st.integers(0, 1000),
)
def test_convex_weights_lie_on_the_simplex_and_are_likelier_than_the_mean_and_any_one(q: np.ndarray, seed: int) -> None:
    truth = np.random.default_rng(seed).random((30, 2)) < 0.4
    weights = convex_weights(list(q), truth)
    assert weights.shape == (len(q), 2) and (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=0), 1)
    least = log_loss(weights, list(q), truth)
    others = [
        mean_weights(teachers=len(q), classes=2),
        *(np.eye(len(q))[k][:, None] * np.ones(2) for k in range(len(q))),
    ]
    for other in others:
        assert (least <= log_loss(other, list(q), truth) + 1e-3).all()


def test_no_general_optimiser_finds_likelier_ones() -> None:
    draw = np.random.default_rng(0)
    truth = draw.random((400, 1)) < 0.3
    q = [
        np.clip(truth * a + draw.normal(0, s, truth.shape) + b, 0.01, 0.99).astype(np.float32)
        for a, b, s in ((0.3, 0.2, 0.3), (0.2, 0.3, 0.2), (0.3, 0.2, 0.4))
    ]
    found = minimize(
        lambda w: log_loss(np.abs(w)[:, None] / np.abs(w).sum(), q, truth)[0],
        np.ones(3),
        method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-12, "maxiter": 5000},
    )
    assert log_loss(convex_weights(q, truth), q, truth)[0] <= found.fun + 1e-6


def test_a_teacher_that_knows_gets_all_the_weight_and_each_class_its_own() -> None:
    truth = np.random.default_rng(1).random((500, 2)) < 0.5
    sure, unsure = np.where(truth, 0.9, 0.1).astype(np.float32), np.full(truth.shape, 0.5, np.float32)
    first = np.stack([sure[:, 0], unsure[:, 1]], axis=1)
    second = np.stack([unsure[:, 0], sure[:, 1]], axis=1)
    np.testing.assert_allclose(convex_weights([first, second], truth), np.eye(2), atol=0.02)


def test_best_takes_the_first_of_equals() -> None:
    f1 = np.array([[0.2, 0.5, 0.0], [0.3, 0.5, 0.0]])
    np.testing.assert_array_equal(best_weights(f1), [[0, 1, 1], [1, 0, 0]])


def test_combined_is_the_weighted_sum() -> None:
    a, b = np.full((2, 3, 2), 0.2, np.float32), np.full((2, 3, 2), 0.6, np.float32)
    found = combined([a, b], np.array([[1.0, 0.25], [0.0, 0.75]]))
    np.testing.assert_allclose(found, np.broadcast_to([0.2, 0.5], (2, 3, 2)), rtol=1e-6)


@settings(max_examples=50, deadline=None)
@given(z=st.floats(-20, 20, width=32), theta=st.floats(0.01, 0.99), temperature=st.floats(0.05, 5))
def test_a_threshold_becomes_one_half(z: float, theta: float, temperature: float) -> None:
    found = float(on_own_scale(np.array([[z]], np.float32), thresholds=[theta], temperature=temperature)[0, 0])
    at = float(np.log(theta / (1 - theta)))
    if abs(z - at) > 1e-3:
        assert (found > 0.5) == (z > at)
    assert found == pytest.approx(1 / (1 + np.exp(-(z - at) / temperature)), abs=1e-5)


def test_disagreement_is_the_share_that_only_one_detects() -> None:
    a = np.array([[1, 0], [1, 0], [0, 0], [0, 0]], bool)
    b = np.array([[1, 0], [0, 0], [1, 0], [0, 0]], bool)
    np.testing.assert_allclose(disagreement([a, b]), [[0, 2 / 3], [2 / 3, 0]])
    assert disagreement([a, a])[0, 1] == 0
    assert disagreement([np.zeros((4, 2), bool)] * 2)[0, 1] == 0
