"""The Simple Recurrent Unit as a layer: equations, layouts and sources in `sru_reference`.

Speed in `sru_kernels` (the CPU) and `sru_triton` (CUDA); `sru_devices` chooses.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from kd.models import sru_reference
from kd.models.sru_devices import Kernels, kernels_for
from kd.models.sru_inputs import RecurrenceInputs

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
        """x (batch, frames, input_size); mask (batch, frames), True where the frame is real, or None.

        Under autocast to bfloat16 the result is bfloat16 on CUDA devices with kernels, else float32; the cells are
        float32 everywhere.
        """
        batch, frames, _ = x.shape
        projected = (x @ self.weight).view(batch, frames, self.directions, self.products, self.hidden_size)
        with torch.autocast(device_type=x.device.type, enabled=False):
            kernels = kernels_for(projected=projected, bias=self.bias)
            types = sru_reference.TYPES if kernels is None else kernels.TYPES
            projected = projected if projected.dtype in types else projected.float()
            skip = None
            if self.products == 3:
                skip = x if x.dtype in types else x.to(projected.dtype)
                skip = skip.reshape(batch, frames, self.directions, self.hidden_size)
            # A projected skip already holds α in its weights.
            scale = self.alpha if self.products == 3 else 1.0
            if kernels is not None:
                return _recurrence(kernels, projected, skip, self.bias, self.peephole, mask, self.activation, scale)
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
    kernels: Kernels,
    projected: Tensor,
    skip: Tensor | None,
    bias: Tensor,
    peephole: Tensor | None,
    mask: Tensor | None,
    activation: str,
    scale: float,
) -> Tensor:
    result: Tensor = _Recurrence.apply(kernels, projected, skip, bias, peephole, mask, activation, scale)  # type: ignore[no-untyped-call]
    return result.flatten(2)


class _Recurrence(torch.autograd.Function):
    """`sru_reference.recurrence` by `kernels`. They may overwrite the gates in `projected`: nothing else may read them."""

    @staticmethod
    def forward(
        ctx: Any,
        kernels: Kernels,
        projected: Tensor,
        skip: Tensor | None,
        bias: Tensor,
        peephole: Tensor | None,
        mask: Tensor | None,
        activation: str,
        scale: float,
    ) -> Tensor:
        u = projected.detach().contiguous()
        given = RecurrenceInputs(
            u=u,
            skip=u if skip is None else skip.detach().contiguous().unsqueeze(3),
            bias=bias.detach().contiguous(),
            peephole=None if peephole is None else peephole.detach().contiguous(),
            mask=None if mask is None else mask.detach().bool().to(torch.uint8).contiguous(),
            scale=scale,
            with_tanh=activation == "tanh",
        )
        cells, out = kernels.forward(given)
        ctx.kept = (kernels, given, cells, skip is None)
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        kernels, given, cells, no_skip = ctx.kept
        du, dskip, dbias, dpeephole = kernels.backward(given, grad=grads[0].detach().contiguous(), cells=cells)
        return (
            None,
            du,
            None if no_skip else dskip.squeeze(3),
            dbias.sum(0),
            None if dpeephole is None else dpeephole.sum(0),
            None,
            None,
            None,
        )
