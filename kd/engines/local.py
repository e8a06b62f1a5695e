"""Work on this machine."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def let_idle_threads_sleep() -> None:
    """Have OpenMP's threads sleep between their tasks, unless the environment says otherwise; before torch is loaded.

    By default they spin for milliseconds, on cores that the threads of our own kernels need.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def mapped(function: Callable[[Item], Result], items: Sequence[Item], *, workers: int = 1) -> Iterator[Result]:
    """Results of `function` over `items`, in order, by `workers` fresh processes (1: in this one).

    At most a few chunks of results wait in memory. `function` and the items must be picklable.
    """
    if workers <= 1:
        yield from map(function, items)
        return
    import multiprocessing
    from collections import deque
    from concurrent.futures import Future, ProcessPoolExecutor

    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=settle, initargs=(os.getpid(),)) as pool:
        size = 16
        starts = iter(range(0, len(items), size))
        waiting: deque[Future[list[Result]]] = deque()
        for start in starts:
            waiting.append(pool.submit(_each, function, items[start : start + size]))
            if len(waiting) >= 4 * workers:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def settle(parent: int) -> None:
    """In a worker: leave Ctrl-C to the parent, and end with it, however it ends."""
    import ctypes
    import signal
    import sys

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)


def _each(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    return [function(item) for item in items]
