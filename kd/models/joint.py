"""One batch over several processes, its ranks: each has some of the clips, and what depends on all of them is shared.

Every rank gathers the outputs of all and computes the loss of the whole batch, whatever it is a mean of; it passes back the
part that is its own clips'. The gradients of the ranks then add up to that of the whole batch.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def ranks() -> int:
    """How many processes share each batch; 1 where nothing is shared."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """The number of this process among them, from 0."""
    return dist.get_rank() if ranks() > 1 else 0


def own(size: int) -> slice:
    """Which of a batch's clips are this rank's: runs that differ by one clip at most."""
    return slice(size * rank() // ranks(), size * (rank() + 1) // ranks())


def whole(given: Tensor, *, size: int) -> Tensor:
    """The outputs of all ranks, (size, ...), of this rank's."""
    if ranks() == 1:
        return given
    result: Tensor = _Gathered.apply(given, own(size), size)  # type: ignore[no-untyped-call]
    return result


def add_gradients(model: nn.Module) -> None:
    """Give every rank the sum of all ranks' gradients."""
    if ranks() == 1:
        return
    gradients = [weights.grad for weights in model.parameters() if weights.grad is not None]
    flat = torch.cat([each.reshape(-1) for each in gradients])
    dist.all_reduce(flat)
    for each, summed in zip(gradients, torch.split(flat, [each.numel() for each in gradients]), strict=True):
        each.copy_(summed.view_as(each))


def share_statistics(model: nn.Module) -> None:
    """Have batch normalisations in training take their moments over all ranks' clips. Names of weights do not change."""
    for module in model.modules():
        if isinstance(module, _BatchNorm) and ranks() > 1:
            module.__class__ = type("Joint", (_Joint, type(module)), {})


class _Joint(_BatchNorm):
    """Batch normalisation over the clips of all ranks; of one rank, as torch has it."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or ranks() == 1:
            return super().forward(x)
        y, mean, variance, count = _Normalised.apply(x, self.weight, self.bias, self.eps)  # type: ignore[no-untyped-call]
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            momentum = 0.1 if self.momentum is None else self.momentum
            with torch.no_grad():
                self.num_batches_tracked.add_(1)
                self.running_mean.lerp_(mean, momentum)
                self.running_var.lerp_(variance * (count / (count - 1).clamp(min=1)), momentum)
        result: Tensor = y
        return result

    def _check_input_dim(self, input: Tensor) -> None:
        return


class _Gathered(torch.autograd.Function):
    """Rows of all ranks; backward, the gradient of the own rows."""

    @staticmethod
    def forward(ctx: Any, given: Tensor, rows: slice, size: int) -> Tensor:
        found = given.new_zeros((size, *given.shape[1:]))
        found[rows] = given
        dist.all_reduce(found)
        ctx.rows = rows
        return found

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        return gradients[0][ctx.rows], None, None


class _Normalised(torch.autograd.Function):
    """y = γ x^ + β, x^ = (x − μ)/s, with μ and s² the moments of all ranks' x by channel, N their number:

    dx = γ/s · (dy − (Σ dy + x^ Σ dy x^)/N), the sums over all ranks; dγ = Σ dy x^ and dβ = Σ dy of this rank alone, since
    gradients of weights are added up later.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, gain: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        over = [0, *range(2, x.ndim)]
        values = x.float()
        count = values.new_tensor(float(values.numel() // values.shape[1]))
        sums = torch.cat([values.sum(over), count[None]])
        dist.all_reduce(sums)
        count = sums[-1]
        mean = sums[:-1] / count
        centred = values - _wide(mean, x)
        variance = centred.square().sum(over)
        dist.all_reduce(variance)
        variance /= count
        inverse = (variance + eps).rsqrt()
        normal = centred * _wide(inverse, x)
        ctx.save_for_backward(normal, gain, inverse, count)
        ctx.mark_non_differentiable(mean, variance, count)
        return (normal * _wide(gain, x) + _wide(bias, x)).to(x.dtype), mean, variance, count

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        normal, gain, inverse, count = ctx.saved_tensors
        dy = gradients[0].float()
        over = [0, *range(2, dy.ndim)]
        bias, slope = dy.sum(over), (dy * normal).sum(over)
        both = torch.stack([bias, slope])
        dist.all_reduce(both)
        through = dy - (_wide(both[0], dy) + normal * _wide(both[1], dy)) / count
        return (through * _wide(gain * inverse, dy)).to(gradients[0].dtype), slope, bias, None


def _wide(channels: Tensor, x: Tensor) -> Tensor:
    """(channels,) to the shape of x, (clips, channels, ...)."""
    return channels.view(1, -1, *[1] * (x.ndim - 2))
