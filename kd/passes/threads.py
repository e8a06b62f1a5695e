"""Threads and arithmetic that the parameters ask for."""

from typing import Protocol

import torch

from kd.engines.local import cores
from kd.models.memory import keep_freed_memory
from kd.training.precision import fastest


class Arithmetic(Protocol):
    """Settings with `precision`."""

    @property
    def precision(self) -> str:
        """`auto`, `float32` or `bfloat16`."""


def use_threads(threads: int) -> None:
    """Use this many processor threads; 0: one per core. Freed memory is kept for the next step."""
    keep_freed_memory()
    torch.set_num_threads(threads or cores())


def precision_of(settings: Arithmetic) -> str:
    """The arithmetic that `precision=` asks for."""
    return fastest() if settings.precision == "auto" else settings.precision
