"""The losses of S2 against numbers worked by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kd.losses.class_weights import class_weights, effective_number, inverse, nec, ratio
from kd.losses.names import CLASS_WEIGHTS
from kd.losses.two_stages import first_stage, nec_weights, second_stage
from kd.losses.weighted import cross_entropy, loudest, weighted_bce
from kd.models.pooling import max_pool

counts = st.lists(st.integers(1, 5_000), min_size=1, max_size=12)


def test_class_weights_of_equation_2() -> None:
    # N = (1, 2, 4): e^1 = 2.718282, e^0.5 = 1.648721, e^0.25 = 1.284025, sum 5.651028
    assert nec(np.array([1, 2, 4])) == pytest.approx([0.481024, 0.291756, 0.227220], abs=1e-6)
    # 103 and 550 clips: e^(1/103) / e^(1/550) = e^(0.00970874 - 0.00181818) = e^0.00789056 = 1.0079218
    assert ratio(nec(np.array([103, 550, 200]))) == pytest.approx(1.0079218, abs=1e-7)
    # 1/N = (1, .5, .25), sum 1.75
    assert inverse(np.array([1, 2, 4])) == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    # β = .5: 1 - β^N = (.5, .75, .9375), .5 over these = (1, 2/3, 8/15), sum 33/15
    assert effective_number(np.array([1, 2, 4]), beta=0.5) == pytest.approx([15 / 33, 10 / 33, 8 / 33])


@given(counts)
def test_weights_of_every_kind_have_mean_1_and_fall_with_the_count(numbers: list[int]) -> None:
    for kind in CLASS_WEIGHTS:
        found = class_weights(kind, np.array(numbers))
        assert found.mean() == pytest.approx(1) and (found > 0).all()
        order = np.argsort(numbers, kind="stable")
        assert (np.diff(found[order]) <= 1e-12).all()
    assert np.isfinite(class_weights("nec", np.array([0, *numbers]))).all()


def test_weighted_cross_entropy_of_equations_1_and_3() -> None:
    # ŷ = (.8, .25), y = (1, 0): E = (-log .8, -log .75) = (.2231436, .2876821)
    # ŷ = (.5, .9), y = (0, 1): E = (.6931472, .1053605)
    # w = (2, .5): (2 · .2231436 + .5 · .2876821 + 2 · .6931472 + .5 · .1053605) / 2 = 1.0145514
    p = torch.tensor([[0.8, 0.25], [0.5, 0.9]])
    y = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    z = torch.log(p / (1 - p))
    torch.testing.assert_close(
        cross_entropy(z, y), torch.tensor([[0.2231436, 0.2876821], [0.6931472, 0.1053605]]), atol=1e-6, rtol=0
    )
    found = weighted_bce(z, y, weights=torch.tensor([2.0, 0.5]), samples=2)
    assert found.item() == pytest.approx(1.0145514, abs=1e-6)
    assert weighted_bce(z[:0], y[:0], weights=torch.ones(2), samples=0.5).item() == 0


def test_coefficients_of_equations_7_8_and_10() -> None:
    # M_w = 1578, M_s = 2045, clips 3623
    first = nec_weights(1578, 2045)
    assert first.weak_vector == pytest.approx(0.435551, abs=1e-6)  # 1578 / 3623
    assert first.strong_vector == pytest.approx(0.564449, abs=1e-6)  # 2045 / 3623
    assert first.strong_matrix == pytest.approx(1.771638, abs=1e-6)  # 3623 / 2045
    assert first.pseudo_matrix == 0
    # M_p = 500: (2045 + 500)² = 6477025; 3623 · 2045 / 6477025 = 7409035 / 6477025; 3623 · 500 / 6477025
    second = nec_weights(1578, 2045, 500)
    assert second.strong_matrix == pytest.approx(1.143895, abs=1e-6)
    assert second.pseudo_matrix == pytest.approx(0.279681, abs=1e-6)
    balanced = nec_weights(1578, 2045, 500, balanced=True)
    assert balanced.strong_matrix == pytest.approx(0.803536, abs=1e-6)  # 2045 / 2545
    assert balanced.pseudo_matrix == pytest.approx(0.196464, abs=1e-6)  # 500 / 2545
    assert nec_weights(4, 2, balanced=True).strong_matrix == 1


def test_totals_of_equations_6_and_9() -> None:
    # M_w = 3, M_s = 1, M_p = 1: L^v = .75 · 2 + .25 · 4 = 2.5
    losses = {"weak_vector": torch.tensor(2.0), "strong_vector": torch.tensor(4.0), "strong_matrix": torch.tensor(5.0)}
    # first: 2.5 + 4/1 · 5 = 22.5; second: 2.5 + 4 · 1/2² · 5 + 4 · 1/2² · 3 = 10.5
    assert first_stage(nec_weights(3, 1), **losses).item() == 22.5
    assert second_stage(nec_weights(3, 1, 1), **losses, pseudo_matrix=torch.tensor(3.0)).item() == 10.5


@given(st.integers(0, 3_000), st.integers(0, 3_000), st.floats(0, 1))
def test_coefficients_are_finite_and_the_second_stage_begins_as_the_first(weak: int, strong: int, share: float) -> None:
    pseudo = round(share * weak)
    for balanced in (False, True):
        found = nec_weights(weak, strong, pseudo, balanced=balanced)
        values = (found.weak_vector, found.strong_vector, found.strong_matrix, found.pseudo_matrix)
        assert all(math.isfinite(each) and each >= 0 for each in values)
        if weak + strong:
            assert found.weak_vector + found.strong_vector == pytest.approx(1)
        if strong + pseudo:
            factor = 1 if balanced else (weak + strong) / (strong + pseudo)
            assert found.strong_matrix + found.pseudo_matrix == pytest.approx(factor)
        else:
            assert found.strong_matrix == found.pseudo_matrix == 0
    torch_zero = torch.tensor(0.0)
    losses = {name: torch.rand(()) for name in ("weak_vector", "strong_vector", "strong_matrix")}
    weights = nec_weights(weak, strong)
    assert second_stage(weights, **losses, pseudo_matrix=torch_zero) == first_stage(weights, **losses)


def test_the_vector_is_the_loudest_frames() -> None:
    z = torch.randn(3, 7, 4)
    torch.testing.assert_close(torch.sigmoid(loudest(z)), max_pool(z))
