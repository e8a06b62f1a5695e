"""The first block of a model: one-channel input → convolution, batch normalisation, ReLU, max-pooling over frequency.

Fused on the CPU (see `first_kernels`), where no gradient of the input is asked for; plain torch elsewhere. Under autocast
the result is bfloat16, as that of any convolution.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from kd.models import first_kernels
from kd.models.norm import channels_first, channels_last, norm_relu_pool, update_running
from kd.models.vectorised import kernels_apply


def first_block(*, x: Tensor, conv: nn.Conv2d, norm: nn.BatchNorm2d, pool: int) -> Tensor:
    """x (clips, 1, frames, bins) → (clips, channels, frames', bins' // pool); `conv` has stride 1 and no bias."""
    if not kernels_apply(x, conv.weight, norm.weight) or x.requires_grad or x.numel() == 0:
        return norm_relu_pool(x=conv(x), norm=norm, pool=pool)
    height, width = conv.kernel_size
    down, across = int(conv.padding[0]), int(conv.padding[1])
    padded = functional.pad(x.squeeze(1), (across, across, down, down)).contiguous().numpy()
    if norm.training:
        centre, spread_, count = first_kernels.covariance(x=padded, height=height, width=width)
        w = conv.weight.detach().reshape(-1, height * width).numpy().astype(np.float64)
        mean, variance = w @ centre, np.maximum(np.einsum("ck,kl,cl->c", w, spread_, w), 0.0)
        update_running(norm=norm, mean=mean, variance=variance, count=count)
        statistics: tuple[Any, ...] = (mean, variance, centre, spread_, count)
    else:
        mean, variance = _double(norm.running_mean), _double(norm.running_var)
        statistics = (mean, variance, None, None, 0)
    result: Tensor = _First.apply(conv.weight, norm.weight, norm.bias, padded, statistics, norm.eps, pool)  # type: ignore[no-untyped-call]
    return result


class _First(torch.autograd.Function):
    """Gradients, with x^ = (u − μ)/s, u = w·patch, dz as in `norm`, m and Σ mean and covariance of the patches:

    Σ dz x^ = (w·Σ dz patch − μ Σ dz)/s = dγ and dβ = Σ dz;
    dw_k = γ/s · (Σ dz patch_k − dβ m_k − dγ/s · (Σ w)_k) where μ and s are the batch's, else γ/s · Σ dz patch_k.
    """

    @staticmethod
    def forward(
        ctx: Any,
        weight: Tensor,
        gain: Tensor,
        bias: Tensor,
        padded: first_kernels.Floats,
        statistics: tuple[Any, ...],
        eps: float,
        pool: int,
    ) -> Tensor:
        mean, variance = statistics[0], statistics[1]
        channels, _, height, width = weight.shape
        deviation = np.sqrt(variance + eps)
        w = _double(weight).reshape(channels, height * width)
        scale = _double(gain) / deviation
        folded = np.ascontiguousarray((w * scale[:, None]).T.astype(np.float32))
        shift = (_double(bias) - scale * mean).astype(np.float32)
        ctx.kept = (padded, w, folded, shift, scale, deviation, statistics, (height, width, pool))
        halves = torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16
        y = first_kernels.forward(
            x=padded,
            weight=folded,
            shift=shift,
            height=height,
            width=width,
            pool=pool,
            dtype=np.uint16 if halves else np.float32,
        )
        return channels_first(y)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        padded, w, folded, shift, scale, deviation, statistics, (height, width, pool) = ctx.kept
        mean, _, centre, covariance, _ = statistics
        dy = channels_last(grads[0].detach())
        dbias, product = first_kernels.backward(
            dy=dy, x=padded, weight=folded, shift=shift, height=height, width=width, pool=pool
        )
        dgain = ((w.T * product).sum(axis=0) - mean * dbias) / deviation
        dw = product.T.copy()
        if centre is not None:
            dw -= np.outer(dbias, centre) + (dgain / deviation)[:, None] * (w @ covariance)
        dw *= scale[:, None]
        dweight = dw.reshape(-1, 1, height, width)
        return _float(dweight), _float(dgain), _float(dbias), None, None, None, None


def _double(tensor: Tensor | None) -> first_kernels.Doubles:
    if tensor is None:
        raise ValueError("batch normalisation without running statistics")
    return tensor.detach().numpy().astype(np.float64)


def _float(values: first_kernels.Doubles) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))
