"""Which kernels run the SRU recurrence: numba's on the CPU, Triton's on CUDA devices, where they work, else none.

Triton is imported at the first CUDA tensor and not before. It comes with torch on Linux, and at run time wants a C
compiler and Python's headers; without them, or without Triton, `sru_reference` runs.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Protocol

import torch
from torch import Tensor

from kd.models import sru_kernels
from kd.models.sru_inputs import RecurrenceInputs
from kd.models.vectorised import numba, traced


class Kernels(Protocol):
    """`sru_kernels` or `sru_triton`."""

    @property
    def TYPES(self) -> tuple[torch.dtype, ...]:
        """What u and the skip may be."""

    def forward(self, given: RecurrenceInputs) -> tuple[Tensor, Tensor]:
        """(cells, h)."""

    def backward(
        self, given: RecurrenceInputs, *, grad: Tensor, cells: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """Gradients of u, skip, bias and peephole, the last two per clip."""


def kernels_for(*, projected: Tensor, bias: Tensor) -> Kernels | None:
    """None: nothing but `sru_reference` serves tensors like these, or torch is tracing."""
    if traced() or projected.numel() == 0 or projected.dtype == torch.float64 or bias.dtype != torch.float32:
        return None
    if projected.device.type == bias.device.type == "cpu":
        return sru_kernels if numba is not None else None
    if projected.is_cuda and bias.is_cuda:
        return _triton(projected.device)
    return None


@cache
def _triton(device: torch.device) -> Kernels | None:
    """`sru_triton` if it runs on `device`: it is tried, once."""
    try:
        from kd.models import sru_triton

        u, bias = torch.zeros(1, 1, 1, 4, 1, device=device), torch.zeros(2, 1, 1, device=device)
        sru_triton.forward(RecurrenceInputs(u, u, bias))
    except ImportError:
        return None
    except Exception as error:
        warnings.warn(f"Triton does not work here, the SRU runs step by step: {error}", stacklevel=2)
        return None
    return sru_triton
