"""Weights averaged over the steps of a training."""

from copy import deepcopy

import torch
from torch import nn

WARM = 10  # steps by which the average begins: the decay is (1 + n) / (10 + n) at first


class Average:
    """A network whose weights and statistics are the exponential moving average of another's; `network` evaluates.

    decay: what is kept of the average at each step, once (1 + n) / (10 + n) is above it, n being the steps done; warm: from
    the first step on, as weights that were trained before are worth keeping. Source: A. Tarvainen and H. Valpola, Mean
    teachers are better role models, NeurIPS 2017, section 2; warm is ours.
    """

    def __init__(self, model: nn.Module, *, decay: float, warm: bool = False) -> None:
        self.network = deepcopy(model).eval().requires_grad_(False)
        self.decay = decay
        self.warm = warm

    @torch.no_grad()
    def update(self, model: nn.Module, *, step: int) -> None:
        """Take in the weights after step `step`, from 0."""
        kept = self.decay if self.warm else min(self.decay, (1 + step) / (WARM + step))
        own = self.network.state_dict()
        for name, value in model.state_dict().items():
            if value.dtype.is_floating_point:
                own[name].lerp_(value, 1 - kept)
            else:
                own[name].copy_(value)
