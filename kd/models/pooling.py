"""Clip tags from frame logits."""

from __future__ import annotations

import torch
from torch import Tensor


def max_pool(logits: Tensor) -> Tensor:
    """Probabilities of the clip's tags, (batch, classes): the maximum over frames of σ(logits), (batch, frames, classes).

    S2 §2.4: "max pooling layer is adopted at the end of model".
    """
    return torch.sigmoid(logits).amax(dim=1)


def mean_pool(logits: Tensor) -> Tensor:
    """Probabilities of the clip's tags, (batch, classes): the mean over frames of σ(logits), (batch, frames, classes).

    S1 §3.1: "a global average of the frame level probabilities", in place of attention.
    """
    return torch.sigmoid(logits).mean(dim=1)
