"""Equations (1) to (5) of S5 and (1) to (4) of S3, against numpy."""

import numpy as np
import pytest
import torch

from kd.losses.soft_labels import (
    distilled,
    embedding_distance,
    ensemble_labels,
    hard_cross_entropy,
    soft_cross_entropy,
    softened,
)

RNG = np.random.default_rng(0)
TEACHER, STUDENT = RNG.normal(size=(2, 6, 10)) * 3
LABELS = np.eye(10)[RNG.integers(0, 10, 6)]


def softmax(z: np.ndarray) -> np.ndarray:
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def torched(*arrays: np.ndarray) -> list[torch.Tensor]:
    return [torch.tensor(array, dtype=torch.float32) for array in arrays]


def test_soft_labels_and_what_s5_prints() -> None:
    (z,) = torched(TEACHER)
    assert np.allclose(softened(z, temperature=4), softmax(TEACHER / 4), atol=1e-6)
    literal = softened(z, temperature=5, soften="probabilities")
    assert np.allclose(literal, softmax(softmax(TEACHER) / 5), atol=1e-6)
    sure = torch.zeros(1, 10)
    sure[0, 3] = 1e4
    best = [float(softened(sure, temperature=t, soften="probabilities").max()) for t in (1, 5)]
    assert best == pytest.approx([np.e / (np.e + 9), np.exp(0.2) / (np.exp(0.2) + 9)], rel=1e-5)
    assert best == pytest.approx([0.23, 0.12], abs=0.005)


def test_cross_entropies() -> None:
    z, s, y = torched(TEACHER, STUDENT, LABELS)
    q = softmax(TEACHER / 3)
    wanted = -(q * np.log(softmax(STUDENT / 2))).sum(axis=1).mean()
    assert float(soft_cross_entropy(s, torch.tensor(q), temperature=2)) == pytest.approx(wanted, rel=1e-5)
    hard = -np.log(softmax(STUDENT)[LABELS > 0]).mean()
    assert float(hard_cross_entropy(s, y)) == pytest.approx(hard, rel=1e-5)
    # it has the gradient of the divergence: at the teacher's own outputs there is none
    own = z.clone().requires_grad_()
    soft_cross_entropy(own, softened(z, temperature=2), temperature=2).backward()
    assert own.grad is not None and float(own.grad.abs().max()) < 1e-6


def test_specialists_together() -> None:
    labels = torched(*(softmax(RNG.normal(size=(6, 10))) for _ in range(3)))
    mean, total = ensemble_labels(labels), ensemble_labels(labels, combine="sum")
    assert torch.allclose(mean.sum(dim=1), torch.ones(6)) and torch.allclose(total, 3 * mean)
    (s,) = torched(STUDENT)
    losses = [soft_cross_entropy(s, each) for each in (mean, total)]
    assert float(losses[1]) == pytest.approx(3 * float(losses[0]), rel=1e-5)


@pytest.mark.parametrize(("squared", "weight"), [(True, 0.0), (False, 0.3), (True, 1.0)])
def test_hard_and_soft_together(squared: bool, weight: float) -> None:
    z, s, y = torched(TEACHER, STUDENT, LABELS)
    q = softened(z, temperature=4)
    soft = float(soft_cross_entropy(s, q, temperature=4)) * (16 if squared else 1)
    wanted = (1 - weight) * soft + weight * float(hard_cross_entropy(s, y))
    assert float(distilled(s, q, y, temperature=4, squared=squared, weight=weight)) == pytest.approx(wanted, rel=1e-5)


def test_the_square_keeps_gradients_at_their_size() -> None:
    z, s = torched(TEACHER, STUDENT)
    sizes = []
    for heat in (8.0, 64.0):
        own = s.clone().requires_grad_()
        q = softened(z, temperature=heat)
        distilled(own, q, q, temperature=heat, squared=True, weight=0).backward()
        assert own.grad is not None
        sizes.append(float(own.grad.abs().mean()))
    assert sizes[1] == pytest.approx(sizes[0], rel=0.3)


def test_embeddings() -> None:
    a, b = RNG.normal(size=(2, 4, 64))
    assert float(embedding_distance(*torched(a, b))) == pytest.approx(((a - b) ** 2).mean(), rel=1e-5)
