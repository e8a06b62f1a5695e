"""The loss of clip tags."""

import torch
from torch import Tensor


def tag_bce(tags: Tensor, targets: Tensor) -> Tensor:
    """Binary cross-entropy of pooled clip probabilities.

    L = -mean over clips and classes of [y log s + (1 - y) log(1 - s)], s clamped to [1e-7, 1 - 1e-7].

    tags: s, probabilities (batch, classes); targets: y in [0, 1], known or soft pseudo-tags (batch, classes).
    Source: S1 section 3.2 trains on tags pooled by the mean of frame probabilities; the loss itself is not named there.
    """
    s = tags.float().clamp(1e-7, 1 - 1e-7)
    return -(targets * torch.log(s) + (1 - targets) * torch.log1p(-s)).mean()


def known_tag_bce(tags: Tensor, targets: Tensor) -> Tensor:
    """`tag_bce` over the tags that are known: targets that are NaN weigh 0; 0 where none is.

    tags: s, probabilities (batch, classes); targets: y in [0, 1] or NaN, same shape.
    """
    known = ~torch.isnan(targets)
    s = tags.float().clamp(1e-7, 1 - 1e-7)
    y = torch.where(known, targets, 0.0)
    each = -(y * torch.log(s) + (1 - y) * torch.log1p(-s))
    return (each * known).sum() / known.sum().clamp(min=1)
