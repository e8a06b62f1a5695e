"""Temperatures found again, and never a worse likelihood."""

import json

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from kd.scoring.calibration import calibration
from kd.scoring.temperature import HIGHEST, LOWEST, fit_temperatures, mean_nll

Floats = npt.NDArray[np.float64]


def drawn(temperatures: list[float], clips: int = 200, frames: int = 240) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Logits, and truth drawn from σ(z/T) of each class."""
    rng = np.random.default_rng(0)
    logits = rng.normal(-1, 3, (clips, frames, len(temperatures)))
    return logits, rng.random(logits.shape) < expit(logits / np.array(temperatures))


def test_a_known_temperature_is_found() -> None:
    true = [0.5, 1.0, 2.5, 8.0]
    logits, truth = drawn(true)
    found = fit_temperatures(logits.astype(np.float16), truth, classes=list("abcd"))
    for one, value in zip(found.classes.values(), true, strict=True):
        assert one.mark == "fitted"
        assert one.value == pytest.approx(value, rel=0.08)
    bold = calibration(expit(logits), truth, classes=list("abcd"))
    calm = calibration(found.probabilities(logits), truth, classes=list("abcd"))
    assert calm.error is not None and calm.error < 0.01
    assert bold.classes["d"].error is not None and bold.classes["d"].error > 0.2


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-3, 3), st.floats(-3, 3))
def test_the_likelihood_is_the_best_within_the_bounds(seed: int, shift: float, scale: float) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.normal(shift, 10**scale, (6, 10, 1)).astype(np.float16)
    truth = rng.random((6, 10, 1)) < rng.choice([0.1, 0.5, 0.9])
    if rng.random() < 0.5:
        truth ^= logits > 0
    one = fit_temperatures(logits, truth, classes=["a"]).classes["a"]
    assert LOWEST <= one.value <= HIGHEST
    assert one.nll_before is not None and one.nll_after is not None
    assert one.nll_before == mean_nll(logits.astype(np.float64), truth)
    assert one.nll_after <= one.nll_before * (1 + 1e-12)
    if one.mark in ("fitted", "at bound"):
        others = [mean_nll(logits.astype(np.float64), truth, temperature=t) for t in np.geomspace(LOWEST, HIGHEST, 60)]
        assert one.nll_after <= min(others) * (1 + 1e-9)


def test_negative_log_likelihood_by_hand() -> None:
    logits, truth = np.array([2.0, -1.0]), np.array([True, False])
    by_hand = -(np.log(expit(1.0)) + np.log(1 - expit(-0.5))) / 2
    assert mean_nll(logits, truth, temperature=2.0) == pytest.approx(by_hand)
    assert mean_nll(np.array([1000.0]), np.array([False])) == 1000.0


@pytest.mark.parametrize(
    ("logits", "truth", "value", "mark"),
    [
        ([1.0, -2.0], [False, False], 1.0, "no positives"),
        ([1.0, -2.0], [True, True], 1.0, "no negatives"),
        ([0.0, 0.0], [True, False], 1.0, "no information"),
        ([3.0, -2.0], [True, False], LOWEST, "at bound"),
        ([3.0, -2.0], [False, True], HIGHEST, "at bound"),
    ],
)
def test_classes_that_cannot_be_fitted(logits: list[float], truth: list[bool], value: float, mark: str) -> None:
    shaped = np.array(logits).reshape(2, 1, 1), np.array(truth).reshape(2, 1, 1)
    one = fit_temperatures(*shaped, classes=["a"]).classes["a"]
    assert (one.value, one.mark) == (value, mark)


def test_cells_restrict_each_class_to_some_clips() -> None:
    logits, truth = drawn([2.0, 2.0], clips=8)
    cells = np.zeros((8, 2), np.bool_)
    cells[:5, 0] = True
    found = fit_temperatures(logits, truth, classes=["a", "b"], cells=cells).classes
    assert found["a"] == fit_temperatures(logits[:5], truth[:5], classes=["a", "b"]).classes["a"]
    assert (found["b"].value, found["b"].mark, found["b"].nll_after) == (1.0, "no information", None)


def test_clip_tags_json_and_probabilities() -> None:
    found = fit_temperatures(np.array([[2.0], [-1.0], [0.5]]), np.array([[True], [False], [False]]), classes=["a"])
    out = found.to_dict()
    assert json.loads(json.dumps(out, allow_nan=False)) == out
    assert set(out["a"]) == {"value", "mark", "nll_before", "nll_after"}
    given_logits = np.array([[0.0], [4.0], [-60000.0]], np.float16)
    shares = found.probabilities(given_logits)
    assert shares.dtype == np.float32
    assert shares.ravel().tolist() == pytest.approx([0.5, expit(4 / out["a"]["value"]), 0.0])


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="must be"):
        fit_temperatures(np.zeros((2, 3, 1)), np.zeros((2, 3, 1), np.bool_), classes=["a", "b"])
    with pytest.raises(ValueError, match="infinity"):
        fit_temperatures(np.full((2, 1), np.inf), np.zeros((2, 1), np.bool_), classes=["a"])
