"""Batch normalisation, ReLU and max-pooling over frequency as one operation: `norm_relu_pool`.

    y = relu(max_q BN(x_q))        q over `pool` neighbouring bins

The papers pool after the ReLU; both are monotone, so the order does not change the result. On the CPU the fused kernels
of `norm_kernels` run, on maps of float32 or bfloat16 and else in float32; elsewhere, and as the reference of the tests,
the same in plain torch operations.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from kd.models import norm_kernels
from kd.models.halves import Stored, stored, tensor_of
from kd.models.vectorised import kernels_apply


def norm_relu_pool(*, x: Tensor, norm: nn.BatchNorm2d, pool: int = 1) -> Tensor:
    """x (clips, channels, frames, bins) → (clips, channels, frames, bins // pool). Running statistics move as BN's do."""
    if not kernels_apply(norm.weight, maps=[x]) or x.numel() == 0:
        return plain_norm_relu_pool(x=x, norm=norm, pool=pool)
    result: Tensor
    if not norm.training:
        deviation = torch.sqrt(_given(norm.running_var) + norm.eps)
        result = _Pooled.apply(x, norm.weight, norm.bias, norm.running_mean, deviation, pool, False)  # type: ignore[no-untyped-call]
        return result
    values = channels_last(x.detach())
    mean, variance = norm_kernels.moments(x=values)
    update_running(norm=norm, mean=mean, variance=variance, count=values.size // values.shape[3])
    deviation = torch.from_numpy(np.sqrt(variance + norm.eps).astype(np.float32))
    centre = torch.from_numpy(mean.astype(np.float32))
    result = _Pooled.apply(x, norm.weight, norm.bias, centre, deviation, pool, True)  # type: ignore[no-untyped-call]
    return result


def bias_relu_pool(*, x: Tensor, bias: Tensor, pool: int = 1) -> Tensor:
    """relu(max_q x_q + bias): x (clips, channels, frames, bins) → (clips, channels, frames, bins // pool)."""
    if not kernels_apply(bias, maps=[x]) or x.numel() == 0:
        pooled = functional.max_pool2d(x, (1, pool)) if pool > 1 else x
        return functional.relu(pooled + bias.to(x.dtype)[:, None, None])
    zeros, ones = torch.zeros(bias.shape), torch.ones(bias.shape)
    result: Tensor = _Pooled.apply(x, ones, bias, zeros, ones, pool, False)  # type: ignore[no-untyped-call]
    return result


def relu(x: Tensor) -> Tensor:
    """relu(x), (clips, channels, frames, bins) to the same: torch's own is slow on the way back through such maps."""
    return bias_relu_pool(x=x, bias=x.new_zeros(x.shape[1], dtype=torch.float32))


def plain_norm_relu_pool(*, x: Tensor, norm: nn.BatchNorm2d, pool: int = 1) -> Tensor:
    """The same by torch alone."""
    y: Tensor = norm(x)
    return functional.relu(functional.max_pool2d(y, (1, pool)) if pool > 1 else y)


def update_running(
    *, norm: nn.BatchNorm2d, mean: norm_kernels.Doubles, variance: norm_kernels.Doubles, count: int
) -> None:
    """Running mean and (unbiased) variance move by `momentum` towards the batch's."""
    momentum = 0.1 if norm.momentum is None else norm.momentum
    with torch.no_grad():
        _given(norm.num_batches_tracked).add_(1)
        _given(norm.running_mean).lerp_(torch.from_numpy(mean).float(), momentum)
        _given(norm.running_var).lerp_(torch.from_numpy(variance * (count / max(1, count - 1))).float(), momentum)


def channels_last(x: Tensor) -> Stored:
    """(clips, channels, frames, bins) as a C-contiguous array (clips, frames, bins, channels), copied only if needed."""
    return stored(x.permute(0, 2, 3, 1).contiguous())


def channels_first(array: Stored) -> Tensor:
    """The tensor (clips, channels, frames, bins), in torch's channels-last memory format, over the same memory."""
    return tensor_of(array).permute(0, 3, 1, 2)


def _given(tensor: Tensor | None) -> Tensor:
    if tensor is None:
        raise ValueError("batch normalisation without running statistics")
    return tensor


class _Pooled(torch.autograd.Function):
    """With N values per channel, x^ = (x − μ)/s and dz the gradient led back through pooling and ReLU:

    dγ = Σ dz x^, dβ = Σ dz, dx = γ/s · (dz − dβ/N − x^ · dγ/N) where μ and s are the batch's, else γ/s · dz.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, deviation: Tensor, pool: int, of_batch: bool
    ) -> Tensor:
        values = channels_last(x.detach())
        gain, shift = (weight / deviation).detach().numpy(), bias.detach().numpy()
        ctx.kept = (values, gain, mean.numpy(), shift.copy(), deviation.numpy(), pool, of_batch)
        return channels_first(norm_kernels.forward(x=values, gain=gain, mean=mean.numpy(), shift=shift, pool=pool))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        values, gain, mean, shift, deviation, pool, of_batch = ctx.kept
        dy = channels_last(grads[0].detach())
        dbias, product = norm_kernels.sums(dy=dy, x=values, gain=gain, mean=mean, shift=shift, pool=pool)
        dweight = product / deviation
        dx = None
        if ctx.needs_input_grad[0]:
            count = values.size // values.shape[3] if of_batch else np.inf
            slope = (-gain / deviation * dweight / count).astype(np.float32)
            offset = (-gain * dbias / count).astype(np.float32)
            dx = channels_first(
                norm_kernels.backward(
                    dy=dy, x=values, gain=gain, mean=mean, shift=shift, slope=slope, offset=offset, pool=pool
                )
            )
        return dx, _float(dweight), _float(dbias), None, None, None, None


def _float(values: norm_kernels.Doubles) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))
