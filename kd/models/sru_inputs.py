"""What the kernels of the SRU's recurrence are given, on every device."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class RecurrenceInputs:
    """u (batch, frames, directions, k, d); skip (batch, frames, directions, slots, d), which is `u` itself where k = 4:
    the last slot is read; bias and peephole (2, directions, d), float32; mask (batch, frames), uint8. All contiguous.
    """

    u: Tensor
    skip: Tensor
    bias: Tensor
    peephole: Tensor | None = None
    mask: Tensor | None = None
    scale: float = 1.0
    with_tanh: bool = True
