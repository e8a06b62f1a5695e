"""Binary cross-entropy with a weight for each class."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """E(y, ŷ) = -[y log ŷ + (1 - y) log(1 - ŷ)] with ŷ = σ(logits), element by element; any shape.

    Source: S2 equation (3).
    Deviation: there the minus stands before the first term alone.
    """
    return binary_cross_entropy_with_logits(logits.float(), targets.float(), reduction="none")


def weighted_bce(logits: Tensor, targets: Tensor, *, weights: Tensor, samples: float) -> Tensor:
    """L = 1/N · Σ_n Σ_c w_c E(y_nc, ŷ_nc), a scalar; 0 where there is nothing to sum.

    logits, targets: (..., classes), whatever stands before the classes is n: clips of a vector, clips and frames of a
    matrix; weights: w (classes,); samples: N, given because a batch holds some of the samples only.
    Source: S2 equation (1).
    """
    return (cross_entropy(logits, targets) * weights).sum() / samples


def loudest(logits: Tensor) -> Tensor:
    """Logits of a clip's tags, (clips, classes): the maximum over frames of (clips, frames, classes).

    σ is monotone, so that σ of this is `kd.models.pooling.max_pool`, the vector ŷ^v of S2 section 2.4.
    """
    return torch.amax(logits.float(), dim=1)
