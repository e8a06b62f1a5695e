"""Typed, thin wrappers over numba: `@compiled` and `@compiled_parallel`.

Both translate a function of scalars and numpy arrays to machine code at its first call, never at import, and keep the
result in numba's on-disk cache. Both release the GIL, so that plain Python threads can run one kernel side by side.

Floating point stays IEEE: no `fastmath`, so a kernel gives what the same lines of Python would give.

Numba's cache looks only at the file a kernel is written in. Kernels that call one another therefore live in one file;
otherwise a change in the callee would leave a stale caller behind.

`@compiled_parallel` spreads `prange` loops over numba's own threads. Those must not be started in a process that forks
and uses them again in the child (GNU OpenMP ends the child); where that can happen, use `@compiled` and Python threads.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

_numba: Any = importlib.import_module("numba")

if TYPE_CHECKING:
    prange = range
else:
    prange = _numba.prange


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` at its first call; cached on disk, without the GIL."""
    return _compile(function, parallel=False)


def compiled_parallel(function: Callable[P, R]) -> Callable[P, R]:
    """Like `compiled`, with `prange` loops spread over numba's threads.

    The iterations of a `prange` loop must write to different places: then the result does not depend on the threads.
    """
    return _compile(function, parallel=True)


def _compile(function: Callable[P, R], *, parallel: bool) -> Callable[P, R]:
    try:
        wrapped = _numba.njit(function, cache=True, nogil=True, parallel=parallel)
    except RuntimeError:  # numba found no folder it may write its cache to: compile anew in each process
        wrapped = _numba.njit(function, nogil=True, parallel=parallel)
    return cast("Callable[P, R]", wrapped)
