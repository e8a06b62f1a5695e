"""How large a network is: parameters, multiplications, and the width at which a small one has so many parameters."""

from __future__ import annotations

from dataclasses import replace

import torch

from kd.errors import UserError
from kd.models.build import build, count_parameters
from kd.models.config import ModelConfig
from kd.models.described import WIDEST

STEPS = 1000  # widths to one


def parameters_of(config: ModelConfig) -> int:
    """Trainable numbers of a network of this description."""
    with torch.device("meta"):
        return count_parameters(build(config))


def width_for(config: ModelConfig, *, most: int) -> float:
    """The largest width, in thousandths, at which a small network has at most so many parameters.

    Raises UserError where even the smallest has more.
    """
    low, high = 1, WIDEST * STEPS
    if (least := parameters_of(replace(config, width=low / STEPS))) > most:
        raise UserError(
            f"no {config.architecture} network for {len(config.classes)} classes has {most} parameters or fewer, the "
            f"smallest has {least}",
            "ask for a smaller ratio",
        )
    while low < high:
        middle = (low + high + 1) // 2
        if parameters_of(replace(config, width=middle / STEPS)) <= most:
            low = middle
        else:
            high = middle - 1
    return low / STEPS


def multiplications(config: ModelConfig, *, frames: int) -> int:
    """Multiply-adds of convolutions, recurrent and linear layers on one clip of so many frames of features.

    What is done element by element is not counted: normalisation, activations, pooling, gates.
    """
    from torch.utils.flop_counter import FlopCounterMode

    features = torch.zeros(1, frames, config.mels, requires_grad=True)  # without it, the first layer is not torch's own
    with FlopCounterMode(display=False) as counted:
        build(config).eval()(features)
    return int(counted.get_total_flops()) // 2
