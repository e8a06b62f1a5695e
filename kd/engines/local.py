"""Work on this machine."""

import contextlib
import os
from collections.abc import Callable, Generator, Iterable, Sequence
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


def mapped(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int = 1,
    begin: Callable[[], None] | None = None,
) -> Generator[Result]:
    """Results of `function` over `items`, in order, by `workers` threads (1: in this one).

    For work that leaves Python's lock alone, as numpy, torch and libsndfile do; no process has to be started for it.
    At most two results a worker wait in memory. begin: called first in each thread that is started.
    """
    if workers <= 1:
        yield from map(function, items)
        return
    from collections import deque
    from concurrent.futures import Future, ThreadPoolExecutor

    with ThreadPoolExecutor(workers, initializer=begin) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) >= 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def ahead(items: Iterable[Item], *, by: int = 2) -> Generator[Item]:
    """The same items, made by a thread that is at most `by` of them ahead. Its error is raised here, in its place."""
    from queue import Full, Queue
    from threading import Event, Thread

    made: Queue[tuple[Item | None, BaseException | None]] = Queue(by)
    gone = Event()

    def put(item: Item | None, error: BaseException | None) -> None:
        while not gone.is_set():
            with contextlib.suppress(Full):
                made.put((item, error), timeout=0.1)
                return

    def make() -> None:
        try:
            for item in items:
                put(item, None)
                if gone.is_set():
                    return
            put(None, StopIteration())
        except BaseException as error:
            put(None, error)

    thread = Thread(target=make, daemon=True)
    thread.start()
    try:
        while True:
            item, error = made.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]
    finally:
        gone.set()
        thread.join()


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
