"""Clip tags from frame logits."""

from __future__ import annotations

import torch
from torch import Tensor


def max_pool(logits: Tensor) -> Tensor:
    """Probabilities of the clip's tags, (batch, classes): the maximum over frames of σ(logits), (batch, frames, classes).

    S2 §2.4: "max pooling layer is adopted at the end of model".
    """
    return torch.sigmoid(logits).amax(dim=1)


def linear_pool(logits: Tensor) -> Tensor:
    """Probabilities of the clip's tags, (batch, classes): Σ p² / Σ p over the frames' p = σ(logits), (batch, frames, classes).

    A frame weighs as much as it is sure, so that a short event is not asked to fill its clip. Source: Y. Wang, J. Li and
    F. Metze, A comparison of five multiple instance learning pooling functions for sound event detection with weak
    labeling, ICASSP 2019, "linear softmax".
    """
    p = torch.sigmoid(logits.float())
    return (p * p).sum(dim=1) / p.sum(dim=1).clamp(min=1e-7)


def mean_pool(logits: Tensor) -> Tensor:
    """Probabilities of the clip's tags, (batch, classes): the mean over frames of σ(logits), (batch, frames, classes).

    S1 §3.1: "a global average of the frame level probabilities", in place of attention.
    """
    return torch.sigmoid(logits).mean(dim=1)


POOLS = {"mean": mean_pool, "linear": linear_pool}
