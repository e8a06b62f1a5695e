"""Which arithmetic a training step runs in."""

import contextlib
from typing import Any

import torch


def fastest() -> str:
    """`bfloat16` where the processor multiplies it in hardware, else `float32`."""
    if torch.cuda.is_available():
        return "bfloat16"
    with contextlib.suppress(AttributeError):
        if torch.cpu._is_amx_tile_supported():
            return "bfloat16"
    return "float32"


def autocast(precision: str, device: torch.device) -> Any:
    """The context a forward pass runs in."""
    if precision == "bfloat16":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return contextlib.nullcontext()
