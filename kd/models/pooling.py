"""Clip tags from frame logits."""

from __future__ import annotations

import torch
from torch import Tensor


def mean_pool(logits: Tensor) -> Tensor:
    """Probabilities of the clip's tags, (batch, classes): the mean over frames of σ(logits), (batch, frames, classes).

    S1 §3.1: "a global average of the frame level probabilities", in place of attention.
    """
    return torch.sigmoid(logits).mean(dim=1)
