"""The loss of a student of several teachers against numpy, loops and all."""

import numpy as np
import pytest
import torch

from kd.losses.frames import frame_bce
from kd.losses.students import known_labels_bce, similarity_distance, taught


def bce(p: float, y: float) -> float:
    return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)))


def test_known_labels_count_once_each_and_unknown_ones_not_at_all() -> None:
    draw = np.random.default_rng(0)
    logits = draw.normal(size=(4, 5, 3)).astype(np.float32)
    p = 1 / (1 + np.exp(-logits.astype(np.float64)))
    tags = np.full((4, 3), np.nan, np.float32)
    tags[0], tags[1] = [1, 0, 0], [0, 1, 1]
    frames = np.full((4, 5, 3), np.nan, np.float32)
    frames[2] = draw.random((5, 3)) < 0.5
    pooled = p.mean(axis=1)
    wanted = sum(np.mean([bce(pooled[i, c], tags[i, c]) for c in range(3)]) for i in (0, 1))
    wanted += np.mean([bce(p[2, t, c], frames[2, t, c]) for t in range(5) for c in range(3)])
    given = [torch.from_numpy(each) for each in (pooled.astype(np.float32), tags, logits, frames)]
    assert float(known_labels_bce(*given, clips=2.5)) == pytest.approx(wanted / 2.5, rel=1e-5)


def test_nothing_known_costs_nothing_and_moves_nothing() -> None:
    logits = torch.randn(2, 4, 3, requires_grad=True)
    nothing = torch.full((2, 3), torch.nan)
    loss = known_labels_bce(torch.sigmoid(logits).mean(1), nothing, logits, torch.full((2, 4, 3), torch.nan), clips=1.0)
    loss.backward()
    assert float(loss.detach()) == 0 and logits.grad is not None and not logits.grad.any()


def test_similarity_is_between_the_frames_of_a_clip_and_takes_any_two_sizes() -> None:
    draw = np.random.default_rng(1)
    a, b = draw.normal(size=(2, 4, 3)), draw.normal(size=(2, 4, 7))

    def cosines(x: np.ndarray) -> np.ndarray:
        unit = [[v / np.linalg.norm(v) for v in clip] for clip in x]
        return np.array([[[float(u @ v) for v in clip] for u in clip] for clip in unit])

    wanted = np.mean((cosines(a) - cosines(b)) ** 2)
    found = similarity_distance(torch.from_numpy(a), torch.from_numpy(b))
    assert float(found) == pytest.approx(wanted, rel=1e-5)
    turned = torch.from_numpy(a) @ torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64))[0]
    assert float(similarity_distance(turned, torch.from_numpy(a))) == pytest.approx(0, abs=1e-10)


def test_the_whole_loss_is_the_sum_of_its_terms() -> None:
    logits, soft = torch.randn(2, 4, 3), torch.rand(2, 4, 3)
    alone = taught(logits, soft, None, None, weight=0.0, closeness=0.0)
    assert float(alone) == pytest.approx(float(frame_bce(logits, soft)))
    whole = taught(logits, soft, torch.tensor(2.0), torch.tensor(3.0), weight=0.25, closeness=0.5)
    assert float(whole) == pytest.approx(0.75 * float(alone) + 0.25 * 2 + 0.5 * 3)


def test_its_gradient_is_that_of_the_divergence() -> None:
    soft = torch.rand(2, 4, 3)
    logits = torch.logit(soft).requires_grad_()
    taught(logits, soft, None, None, weight=0.0, closeness=0.0).backward()
    assert logits.grad is not None and float(logits.grad.abs().max()) < 1e-6
