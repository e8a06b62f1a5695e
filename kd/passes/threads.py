"""Threads and arithmetic that the parameters ask for."""

from typing import Protocol

import torch

from kd.engines.local import cores
from kd.training.precision import device, fastest


class Arithmetic(Protocol):
    """Settings with `precision`."""

    @property
    def precision(self) -> str:
        """`auto`, `float32` or `bfloat16`."""


class Sharing(Protocol):
    """Settings with `workers` and `threads`; 0: as many as there are cores for; and where trainings run."""

    @property
    def workers(self) -> int:
        """Trainings at the same time."""

    @property
    def threads(self) -> int:
        """Threads of each."""

    @property
    def engine(self) -> str:
        """Where trainings run."""

    @property
    def gpus_per_candidate(self) -> float:
        """Devices of each; 2 and more share its batches."""


def use_threads(threads: int) -> None:
    """Use this many processor threads; 0: one per core."""
    torch.set_num_threads(threads or cores())


def workers_for(options: Sharing, trainings: int) -> int:
    """Trainings at the same time, of at most so many: on a cluster all, unless told otherwise."""
    return (options.workers or trainings) if options.engine == "ray" else _here(options, trainings)


def threads_for(options: Sharing, trainings: int) -> int:
    """Threads of each of so many trainings; those of this machine's processes on a cluster too, so that results are equal."""
    return options.threads or max(1, cores() // _here(options, trainings))


def ranks_for(options: Sharing) -> int:
    """Processes that share each batch of a training."""
    return max(1, int(options.gpus_per_candidate))


def _here(options: Sharing, trainings: int) -> int:
    """Processes of this machine that train at the same time; one where a GPU does the work."""
    if device().type != "cpu":
        return options.workers or 1
    room = max(1, cores() // (options.threads or 1))
    return max(1, min(options.workers or room, trainings))


def precision_of(settings: Arithmetic) -> str:
    """The arithmetic that `precision=` asks for."""
    return fastest() if settings.precision == "auto" else settings.precision
