"""Numba kernels whose inner loops become vector instructions, and plain Python threads to run them side by side.

`vectorised` differs from `kd.jit.compiled` in three ways that vector code needs: a division by zero gives inf or NaN as
in numpy (a check for ZeroDivisionError in the loop would keep it scalar); a multiplication and an addition may be
contracted into one fused instruction; and what a kernel writes through one of its arrays it must not read through
another: then the compiler need not compare addresses before each inner loop, whose channels are few. Sums are never
reordered.

Where numba is absent, kernels are plain functions that nothing calls: torch's own operations run.

Threads: numba's own and torch's are two OpenMP pools that spin against each other on the same cores, and GNU OpenMP
ends a process that forks after using it. A kernel here works on the items `start <= i < stop`, and `spread` cuts the
items into one run per thread. Items write to different places: a result never depends on the number of threads.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar, cast

import torch

from kd.models.joint import ranks

P = ParamSpec("P")
R = TypeVar("R")

numba: Any = importlib.import_module("numba") if importlib.util.find_spec("numba") else None


def vectorised(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` at its first call; cached on disk where numba finds a folder for it, without the GIL."""
    return _compile(function, inline="never")


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """A piece of a `vectorised` kernel of the same file, pasted into its caller."""
    return _compile(function, inline="always")


@lru_cache(maxsize=1)
def _arrays_apart() -> type[Any]:
    """Numba's own pipeline, for functions whose arrays do not overlap where they are written."""
    compiler: Any = importlib.import_module("numba.core.compiler")

    class ArraysApart(compiler.CompilerBase):  # type: ignore[misc]
        def define_pipelines(self) -> list[Any]:
            self.state.flags.noalias = True
            return [compiler.DefaultPassBuilder.define_nopython_pipeline(self.state)]

    return ArraysApart


def _compile(function: Callable[P, R], *, inline: str) -> Callable[P, R]:
    if numba is None:
        return function
    options: dict[str, Any] = {
        "nogil": True,
        "error_model": "numpy",
        "fastmath": {"contract"},
        "inline": inline,
        "pipeline_class": _arrays_apart(),
    }
    try:
        wrapped = numba.njit(function, cache=True, **options)
    except RuntimeError:  # numba found no folder it may write its cache to: compile anew in each process
        wrapped = numba.njit(function, **options)
    return cast("Callable[P, R]", wrapped)


def traced() -> bool:
    """Whether somebody is tracing, compiling or exporting: then everything must be torch's own operations."""
    return bool(torch.compiler.is_compiling() or torch.jit.is_tracing())  # type: ignore[no-untyped-call, attr-defined]


def kernels_apply(*tensors: torch.Tensor, maps: Sequence[torch.Tensor] = ()) -> bool:
    """Whether kernels may stand in for torch: on the CPU, by one process, and nobody is tracing, compiling or exporting.

    tensors: must be float32; maps: float32 or bfloat16.
    """
    if numba is None or traced() or ranks() > 1:
        return False
    return (
        all(each.device.type == "cpu" for each in (*tensors, *maps))
        and all(each.dtype == torch.float32 for each in tensors)
        and all(each.dtype in (torch.float32, torch.bfloat16) for each in maps)
    )


def spread(work: Callable[[int, int], None], *, items: int) -> None:
    """Call `work(start, stop)` so that the runs cover `range(items)`, one run per torch thread.

    The calling thread takes the last run. An error in any run is raised here, after all have ended.
    """
    threads = min(torch.get_num_threads(), items)
    if threads <= 1:
        work(0, items)
        return
    edges = [items * i // threads for i in range(threads + 1)]
    others = [_pool().submit(work, edges[i], edges[i + 1]) for i in range(threads - 1)]
    try:
        work(edges[-2], edges[-1])
    finally:
        errors = [future.exception() for future in others]
    for error in errors:
        if error is not None:
            raise error


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=max(1, os.cpu_count() or 1), thread_name_prefix="kd-kernel")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a forked child has the pool but none of its threads
