"""The Simple Recurrent Unit as a layer: equations, layouts and sources in `sru_reference`, speed in `sru_kernels`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kd.models import sru_kernels, sru_reference
from kd.models.vectorised import kernels_apply

ACTIVATIONS = ("tanh", "identity")


class SRU(nn.Module):
    """(batch, frames, input_size) → (batch, frames, directions · hidden_size), forward direction first.

    version: 1 (the 2017 unit) or 2 (gates see the cell, skip scaled by α = sqrt(1 + 2·exp(highway_bias)) with rescale).
    activation: g of the cell, `tanh` or `identity`.
    The skip is the input itself where input_size = directions · hidden_size, else a fourth product of it.

    One matrix holds all products: `weight` (input_size, directions · k · hidden_size). `bias` and `peephole` are
    (2, directions, hidden_size): forget, reset.
    """

    weight: nn.Parameter
    bias: nn.Parameter
    peephole: nn.Parameter | None

    def __init__(
        self,
        *,
        input_size: int,
        hidden_size: int,
        bidirectional: bool = True,
        version: int = 1,
        activation: str = "tanh",
        highway_bias: float = 0.0,
        rescale: bool = False,
    ) -> None:
        super().__init__()
        if version not in (1, 2):
            raise ValueError(f"SRU version {version}: 1 or 2")
        if activation not in ACTIVATIONS:
            raise ValueError(f"SRU activation {activation!r}: {' or '.join(ACTIVATIONS)}")
        if rescale and version == 1:
            raise ValueError("rescale belongs to SRU version 2")
        self.input_size, self.hidden_size = input_size, hidden_size
        self.directions = 2 if bidirectional else 1
        self.version, self.activation = version, activation
        self.highway_bias, self.rescale = highway_bias, rescale
        self.products = 3 if input_size == self.directions * hidden_size else 4
        self.weight = nn.Parameter(torch.empty(input_size, self.directions * self.products * hidden_size))
        self.bias = nn.Parameter(torch.empty(2, self.directions, hidden_size))
        if version == 2:
            self.peephole = nn.Parameter(torch.empty(2, self.directions, hidden_size))
        else:
            self.register_parameter("peephole", None)
        self.reset_parameters()

    @property
    def alpha(self) -> float:
        """α of version 2 with rescale, else 1."""
        return math.sqrt(1 + 2 * math.exp(self.highway_bias)) if self.rescale else 1.0

    @torch.no_grad()
    def reset_parameters(self) -> None:
        """Weights uniform in ±sqrt(3 / input_size) (variance 1 / input_size), forget bias 0, reset bias `highway_bias`.

        Version 2 also: v uniform in ±sqrt(3) · sqrt(1/2), the gates' weights times sqrt(1/2), and a projected skip
        times α (the identity skip is scaled at each step instead).
        """
        bound = math.sqrt(3 / self.input_size)
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.zeros_(self.bias)
        self.bias[1].fill_(self.highway_bias)
        if self.peephole is not None:
            rows = self.weight.view(self.input_size, self.directions, self.products, self.hidden_size)
            rows[:, :, 1:3].mul_(math.sqrt(0.5))
            if self.products == 4:
                rows[:, :, 3].mul_(self.alpha)
            nn.init.uniform_(self.peephole, -math.sqrt(1.5), math.sqrt(1.5))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """x (batch, frames, input_size); mask (batch, frames), True where the frame is real, or None."""
        batch, frames, _ = x.shape
        projected = (x @ self.weight).view(batch, frames, self.directions, self.products, self.hidden_size)
        with torch.autocast(device_type=x.device.type, enabled=False):
            projected = projected.float() if projected.dtype != torch.float64 else projected
            skip = None
            if self.products == 3:
                skip = x.to(projected.dtype).reshape(batch, frames, self.directions, self.hidden_size)
            # A projected skip already holds α in its weights.
            scale = self.alpha if self.products == 3 else 1.0
            if kernels_apply(projected, self.bias) and frames and batch:
                return _recurrence(projected, skip, self.bias, self.peephole, mask, self.activation, scale)
            return sru_reference.recurrence(
                projected=projected,
                skip=skip,
                bias=self.bias.to(projected.dtype),
                peephole=None if self.peephole is None else self.peephole.to(projected.dtype),
                mask=mask,
                activation=self.activation,
                scale=scale,
            )

    def extra_repr(self) -> str:
        return (
            f"{self.input_size}, {self.hidden_size}, directions={self.directions}, version={self.version}, "
            f"activation={self.activation!r}, products={self.products}"
        )


def _recurrence(
    projected: Tensor,
    skip: Tensor | None,
    bias: Tensor,
    peephole: Tensor | None,
    mask: Tensor | None,
    activation: str,
    scale: float,
) -> Tensor:
    result: Tensor = _Recurrence.apply(projected, skip, bias, peephole, mask, activation, scale)  # type: ignore[no-untyped-call]
    return result.flatten(2)


class _Recurrence(torch.autograd.Function):
    """`sru_reference.recurrence` by the kernels. It overwrites the gates in `projected`: nothing else may read them."""

    @staticmethod
    def forward(
        ctx: Any,
        projected: Tensor,
        skip: Tensor | None,
        bias: Tensor,
        peephole: Tensor | None,
        mask: Tensor | None,
        activation: str,
        scale: float,
    ) -> Tensor:
        u = projected.detach().contiguous().numpy()
        inner = u if skip is None else skip.detach().contiguous().unsqueeze(3).numpy()
        v = np.zeros(tuple(bias.shape), dtype=np.float32) if peephole is None else _array(peephole)
        real = np.empty((0, 0), dtype=np.uint8) if mask is None else mask.detach().bool().to(torch.uint8).numpy()
        real = np.ascontiguousarray(real)
        cells, out = sru_kernels.forward(
            u=u, skip=inner, bias=_array(bias), peephole=v, mask=real, scale=scale, with_tanh=activation == "tanh"
        )
        ctx.kept = (u, inner, v, real, cells, scale, activation == "tanh", skip is None, peephole is None)
        return torch.from_numpy(out)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        u, inner, v, real, cells, scale, with_tanh, no_skip, no_peephole = ctx.kept
        du, dskip, dbias, dpeephole = sru_kernels.backward(
            grad=_array(grads[0]), u=u, skip=inner, peephole=v, mask=real, scale=scale, with_tanh=with_tanh, cells=cells
        )
        return (
            torch.from_numpy(du),
            None if no_skip else torch.from_numpy(dskip).squeeze(3),
            torch.from_numpy(dbias).sum(0),
            None if no_peephole else torch.from_numpy(dpeephole).sum(0),
            None,
            None,
            None,
        )


def _array(tensor: Tensor) -> sru_kernels.Floats:
    array: sru_kernels.Floats = tensor.detach().contiguous().numpy()
    return array
