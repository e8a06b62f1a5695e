"""Which arithmetic a training step runs in."""

import contextlib
from typing import Any

import torch


def device() -> torch.device:
    """Where networks run: the first CUDA device where there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fastest() -> str:
    """`bfloat16` where the processor multiplies it in hardware, else `float32`."""
    if torch.cuda.is_available():
        return "bfloat16"
    with contextlib.suppress(AttributeError):
        if torch.cpu._is_amx_tile_supported():
            return "bfloat16"
    return "float32"


def autocast(precision: str, where: torch.device) -> Any:
    """The context a forward pass runs in."""
    if precision == "bfloat16":
        return torch.autocast(where.type, dtype=torch.bfloat16)
    return contextlib.nullcontext()
