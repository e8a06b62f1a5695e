"""The loss of a student of several teachers: their labels, known labels, and what frames are like each other. S4."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, normalize

from kd.losses.frames import labelled_frame_bce


def known_labels_bce(tags: Tensor, known_tags: Tensor, logits: Tensor, known_frames: Tensor, *, clips: float) -> Tensor:
    """Sum over clips of the cross-entropy with what is known of each, divided by `clips`; a scalar.

    A strongly labelled clip's is that of its frames, a weakly labelled one's that of its pooled tags.
    tags: probabilities (batch, classes), known_tags the same, NaN where nothing is known; logits, known_frames: (batch,
    frames, classes), NaN of clips that are not strongly labelled; clips: how many labelled ones a batch holds on average, so
    that their sum is right on average whatever a batch holds.
    """
    p = tags.float().clamp(1e-7, 1 - 1e-7)
    weak = ~torch.isnan(known_tags[:, 0])
    y = torch.where(weak[:, None], known_tags, 0.0)
    of_tags = -(y * torch.log(p) + (1 - y) * torch.log1p(-p)).mean(dim=1)
    strong = ~torch.isnan(known_frames[:, 0, 0])
    frames = torch.where(strong[:, None, None], known_frames, 0.0)
    of_frames = binary_cross_entropy_with_logits(logits.float(), frames, reduction="none").mean(dim=(1, 2))
    return torch.where(strong, of_frames, torch.where(weak, of_tags, 0.0)).sum() / clips


def similarity_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference of the cosines between all frames of a clip, a scalar.

    student, teacher: embeddings (batch, frames, dimensions), of any two numbers of dimensions: no layer is needed that
    makes them equal. Source: Tung and Mori, Similarity-preserving knowledge distillation, ICCV 2019, there between the
    examples of a batch. S4's own term, if it has one, is not known.
    """
    own, other = (normalize(each.float(), dim=2) for each in (student, teacher))
    return torch.mean((own @ own.transpose(1, 2) - other @ other.transpose(1, 2)) ** 2)


def taught(
    logits: Tensor, soft: Tensor, known: Tensor | None, likeness: Tensor | None, *, weight: float, closeness: float
) -> Tensor:
    """L = (1 - w) BCE(σ(z), q) + w L_known + e L_similarity, a scalar.

    logits: z (batch, frames, classes); soft: q, the teachers' combined labels, the same shape, NaN where there is none;
    known: L_known, None where w is 0; likeness: L_similarity, None where e is 0. Source: S4's abstract names
    distillation from several teachers; the terms and their weights w and e are ours.
    """
    loss = (1 - weight) * labelled_frame_bce(logits, soft)
    loss = loss if known is None else loss + weight * known
    return loss if likeness is None else loss + closeness * likeness
