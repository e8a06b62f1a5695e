"""Which arithmetic a training step runs in."""

import contextlib
from typing import Any

import torch


def device() -> torch.device:
    """Where networks run: the first CUDA device where there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def bfloat16_hardware() -> str:
    """What multiplies bfloat16 on the processor: `matrix units` (AMX), `vector units` (AVX-512 BF16), else empty."""
    with contextlib.suppress(AttributeError):
        if torch.cpu._is_amx_tile_supported():
            return "matrix units"
    with contextlib.suppress(AttributeError):
        if torch.cpu._is_avx512_bf16_supported():
            return "vector units"
    return ""


def fastest() -> str:
    """`bfloat16` where the device multiplies it in hardware, else `float32`."""
    return "bfloat16" if torch.cuda.is_available() or bfloat16_hardware() else "float32"


def autocast(precision: str, where: torch.device) -> Any:
    """The context a forward pass runs in."""
    if precision == "bfloat16":
        return torch.autocast(where.type, dtype=torch.bfloat16)
    return contextlib.nullcontext()
