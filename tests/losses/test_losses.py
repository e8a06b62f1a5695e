"""Losses against the equation by hand."""

import math

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from kd.losses.frames import frame_bce, labelled_frame_bce
from kd.losses.tagging import known_tag_bce, tag_bce


def bce(s: float, y: float) -> float:
    return -(y * math.log(s) + (1 - y) * math.log(1 - s))


@given(st.integers(0, 2**32 - 1))
def test_both_are_mean_binary_cross_entropy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    z, q = rng.normal(0, 1.5, (2, 5, 3)), rng.random((2, 5, 3))
    s = 1 / (1 + np.exp(-z))
    by_hand = np.mean([bce(a, b) for a, b in zip(s.ravel(), q.ravel(), strict=True)])
    assert math.isclose(frame_bce(torch.tensor(z), torch.tensor(q).float()).item(), by_hand, rel_tol=1e-5)
    assert math.isclose(
        tag_bce(torch.tensor(s[0]), torch.tensor(q[0]).float()).item(),
        np.mean([bce(a, b) for a, b in zip(s[0].ravel(), q[0].ravel(), strict=True)]),
        rel_tol=1e-3,
    )


def test_certain_tags_have_a_finite_loss() -> None:
    tags = torch.tensor([[0.0, 1.0]], requires_grad=True)
    loss = tag_bce(tags, torch.tensor([[1.0, 0.0]]))
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(tags.grad).all()


def test_soft_labels_differ_from_kl_by_their_entropy_alone() -> None:
    z = torch.randn(1, 4, 2, dtype=torch.float64).float().requires_grad_()
    q = torch.rand(1, 4, 2)
    frame_bce(z, q).backward()
    assert torch.allclose(z.grad, (torch.sigmoid(z) - q).detach() / z.numel(), atol=1e-6)


def test_frames_without_a_label_weigh_nothing() -> None:
    torch.manual_seed(0)
    logits = torch.randn(3, 7, 2, requires_grad=True)
    targets = torch.rand(3, 7, 2)
    assert torch.allclose(labelled_frame_bce(logits, targets), frame_bce(logits, targets))
    targets[0, 2:5, 1] = float("nan")
    known = ~torch.isnan(targets)
    loss = labelled_frame_bce(logits, targets)
    assert torch.allclose(loss, frame_bce(logits[known], targets[known]))
    loss.backward()
    assert logits.grad is not None and (logits.grad[~known] == 0).all() and (logits.grad[known] != 0).all()
    none = labelled_frame_bce(logits, torch.full_like(targets, float("nan")))
    assert none.item() == 0


def test_known_tags_alone_count() -> None:
    tags = torch.rand(4, 3, generator=torch.manual_seed(0))
    wanted = torch.randint(0, 2, (4, 3), generator=torch.manual_seed(1)).float()
    torch.testing.assert_close(known_tag_bce(tags, wanted), tag_bce(tags, wanted))
    some = wanted.clone()
    some[1:] = torch.nan
    torch.testing.assert_close(known_tag_bce(tags, some), tag_bce(tags[:1], wanted[:1]))
    assert known_tag_bce(tags, torch.full((4, 3), torch.nan)) == 0
