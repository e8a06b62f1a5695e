"""Threads and arithmetic that the parameters ask for."""

from typing import Protocol

import torch

from kd.engines.local import cores
from kd.training.precision import fastest


class Arithmetic(Protocol):
    """Settings with `precision`."""

    @property
    def precision(self) -> str:
        """`auto`, `float32` or `bfloat16`."""


def use_threads(threads: int) -> None:
    """Use this many processor threads; 0: one per core."""
    torch.set_num_threads(threads or cores())


def precision_of(settings: Arithmetic) -> str:
    """The arithmetic that `precision=` asks for."""
    return fastest() if settings.precision == "auto" else settings.precision
