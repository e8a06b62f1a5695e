"""The loss of a mean teacher's student."""

import math

import torch
from torch import Tensor

from kd.losses.tagging import known_tag_bce

RAMP = 0.3  # of a training, over which the weight of consistency rises
STEEP = 5.0


def ramp(step: int, steps: int, *, most: float) -> float:
    """Weight of consistency at step `step` (from 0) of `steps`: most · exp(-5 (1 - t)²), t rising to 1 over the first 30 %.

    Source: A. Tarvainen and H. Valpola, Mean teachers are better role models, NeurIPS 2017, section 3 and appendix B.
    """
    t = min(1.0, step / max(1.0, RAMP * steps))
    return most * math.exp(-STEEP * (1 - t) ** 2)


def consistency(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference of probabilities of the same clips, heard differently; any shape, a scalar."""
    return torch.mean((student.float() - teacher.float()) ** 2)


def mean_teacher_loss(
    logits: Tensor, tags: Tensor, known: Tensor, teacher_logits: Tensor, teacher_tags: Tensor, *, weight: float
) -> Tensor:
    """BCE of the known tags + w (consistency of frames + consistency of tags), a scalar.

    logits: (batch, frames, classes); tags: pooled probabilities (batch, classes); known: tags, NaN where none are known.
    Source: L. JiaKai, Mean teacher convolution system for DCASE 2018 task 4, 2018; baseline of DCASE 2019 task 4.
    """
    found = known_tag_bce(tags, known)
    frames = consistency(torch.sigmoid(logits.float()), torch.sigmoid(teacher_logits.float()))
    return found + weight * (frames + consistency(tags, teacher_tags))
