"""A typed, thin wrapper over numba: `@compiled`.

It translates a function of scalars and numpy arrays to machine code at its first call, never at import, and keeps the result
in numba's on-disk cache. It releases the GIL, so that plain Python threads can run one kernel side by side; numba's own
threads are left alone, for they must not be started in a process that forks and uses them again in the child.

Floating point stays IEEE: no `fastmath`, so a kernel gives what the same lines of Python would give.

Numba's cache looks only at the file a kernel is written in. Kernels that call one another therefore live in one file;
otherwise a change in the callee would leave a stale caller behind.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

_numba: Any = importlib.import_module("numba")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` at its first call; cached on disk, without the GIL."""
    try:
        wrapped = _numba.njit(function, cache=True, nogil=True)
    except RuntimeError:  # numba found no folder it may write its cache to: compile anew in each process
        wrapped = _numba.njit(function, nogil=True)
    return cast("Callable[P, R]", wrapped)
