"""The loss of frame labels."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits


def frame_bce(logits: Tensor, targets: Tensor) -> Tensor:
    """Binary cross-entropy of frame logits with soft frame labels.

    L = -mean over clips, frames and classes of [q log σ(z) + (1 - q) log(1 - σ(z))].

    logits: z (batch, frames, classes); targets: q in [0, 1], same shape.
    Source: S1 section 3.3.2, training on smoothed frame probabilities; the loss itself is not named there. For given q it
    differs from KL(q || σ(z)) by the entropy of q alone, so both have the same gradient.
    """
    return binary_cross_entropy_with_logits(logits.float(), targets)


def labelled_frame_bce(logits: Tensor, targets: Tensor) -> Tensor:
    """`frame_bce` over the frames and classes that have a label: targets that are NaN weigh 0; 0 where none has one.

    logits: z (batch, frames, classes); targets: q in [0, 1] or NaN, same shape.
    Deviation: the mean is taken over what has a label, so that leaving frames out does not make the others count less.
    """
    known = ~torch.isnan(targets)
    each = binary_cross_entropy_with_logits(logits.float(), torch.where(known, targets, 0.0), reduction="none")
    return (each * known).sum() / known.sum().clamp(min=1)
