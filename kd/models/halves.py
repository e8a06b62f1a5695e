"""bfloat16 inside numba kernels: values are stored as such, 16 bits as uint16, and computed with as float32.

`load` and `store` take float32 and uint16 arrays alike, so that one kernel serves both; numba settles which when it
compiles. A bfloat16 is the upper half of a float32; `store` rounds to the nearest, ties to even.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from kd.models.vectorised import numba

Stored = NDArray[np.float32] | NDArray[np.uint16]


def load(stored: Any) -> np.float32:
    """The float32 of one element of a `Stored` array; inside a kernel only."""
    raise NotImplementedError


def store(array: Stored, index: int, value: np.float32) -> None:
    """array[index] = value, rounded to what the array holds; inside a kernel only."""
    raise NotImplementedError


def _load(stored: Any) -> Callable[..., Any] | None:
    if stored == numba.types.uint16:
        return lambda stored: np.uint32(np.uint32(stored) << np.uint32(16)).view(np.float32)
    return lambda stored: stored


def _store(array: Any, index: Any, value: Any) -> Callable[..., Any] | None:
    if array.dtype == numba.types.uint16:

        def half(array: Any, index: Any, value: Any) -> None:
            bits = np.float32(value).view(np.uint32)
            even = np.uint32(np.uint32(bits >> np.uint32(16)) & np.uint32(1))
            array[index] = np.uint16(np.uint32(bits + np.uint32(np.uint32(0x7FFF) + even)) >> np.uint32(16))

        return half

    def whole(array: Any, index: Any, value: Any) -> None:
        array[index] = value

    return whole


if numba is not None:
    overload: Any = importlib.import_module("numba.extending").overload
    overload(load, strict=False)(_load)
    overload(store, strict=False)(_store)


def stored(tensor: torch.Tensor) -> Stored:
    """A contiguous float32 or bfloat16 tensor on the CPU as a kernel takes it, over the same memory."""
    if tensor.dtype == torch.bfloat16:
        halves: Stored = tensor.view(torch.int16).numpy().view(np.uint16)
        return halves
    values: Stored = tensor.numpy()
    return values


def tensor_of(array: Stored) -> torch.Tensor:
    """The reverse of `stored`."""
    if array.dtype == np.uint16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)
