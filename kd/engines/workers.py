"""Worker processes of this machine that stay for several calls."""

import multiprocessing
import os
import queue
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self, TypeVar

from kd.engines.local import settle
from kd.errors import UserError, out_of_memory

Item = TypeVar("Item")
Result = TypeVar("Result")
Tell = Callable[[Any], None]
STARTER = ThreadPoolExecutor(1)  # the fork server ends with the thread that starts it: with this one, at exit
LOOK = 1.0  # seconds between two looks at what workers that say nothing do
NO_MEMORY, GAVE_UP = 71, 72  # exit codes of a worker: memory ran out; a library gave up, which may mean the same


class Workers:
    """`count` processes, started when first needed, each with one item at a time; 1: the work is done in this process.

    Leave the `with` block and they are gone, whatever they were at.
    """

    elsewhere = False

    def __init__(self, count: int) -> None:
        self.count = count
        self._turn = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        """No process yet, all numbers free."""
        self._started: dict[int, tuple[Any, Connection]] = {}
        self._threads: list[threading.Thread] = []
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in range(self.count):
            self._free.put(number)
        self._ending = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._turn:
            self._ending = True
            for process, _ in self._started.values():
                process.kill()
        for thread in self._threads:
            thread.join()
        for process, link in self._started.values():
            process.join()
            link.close()
        self._begin()

    def each(
        self,
        function: Callable[[Item, Tell], Result],
        items: Sequence[Item],
        heard: Callable[[int, Any], None] = lambda index, said: None,
        *,
        threads: int = 1,
        waiting: Callable[[], None] = lambda: None,
    ) -> Iterator[Result]:
        """As `Pool.each`; cores are shared out by `count` alone."""
        if self.count == 1:
            for index, item in enumerate(items):
                with self._turn:
                    result = function(item, partial(heard, index))
                yield result
            return
        todo: queue.SimpleQueue[int] = queue.SimpleQueue()
        news: queue.SimpleQueue[tuple[str, int, Any]] = queue.SimpleQueue()
        for index in range(len(items)):
            todo.put(index)
        for _ in range(min(self.count, len(items))):
            thread = threading.Thread(target=self._drive, args=(function, items, todo, news), daemon=True)
            self._threads = [*(each for each in self._threads if each.is_alive()), thread]
            thread.start()
        results: dict[int, Result] = {}
        for index in range(len(items)):
            while index not in results:
                try:
                    kind, which, what = news.get(timeout=LOOK)
                except queue.Empty:
                    waiting()
                    continue
                if kind == "told":
                    heard(which, what)
                elif kind == "done":
                    results[which] = what
                else:
                    raise what
            yield results.pop(index)

    def _drive(
        self,
        function: Callable[..., Any],
        items: Sequence[Any],
        todo: "queue.SimpleQueue[int]",
        news: "queue.SimpleQueue[tuple[str, int, Any]]",
    ) -> None:
        """Have a worker that is free work until nothing is left to do."""
        free = self._free
        number = free.get()
        try:
            _drive(self._worker(number), function, items, todo, news)
        except Exception as error:
            news.put(("failed", -1, error))
        finally:
            free.put(number)

    def _worker(self, number: int) -> tuple[Any, Connection]:
        with self._turn:
            if self._ending:
                raise RuntimeError("the workers are sent away")
            if number not in self._started:
                context = multiprocessing.get_context("forkserver")
                context.set_forkserver_preload(["kd.engines.preloaded"])
                mine, yours = context.Pipe()
                process = context.Process(target=_serve, args=(yours,))  # no daemon: it may start ranks
                STARTER.submit(process.start).result()
                yours.close()
                self._started[number] = (process, mine)
            return self._started[number]


def _drive(
    worker: tuple[Any, Connection],
    function: Callable[..., Any],
    items: Sequence[Any],
    todo: "queue.SimpleQueue[int]",
    news: "queue.SimpleQueue[tuple[str, int, Any]]",
) -> None:
    """Give a worker one item after the other and pass on what it sends, until nothing is left to do."""
    process, link = worker
    while True:
        try:
            index = todo.get_nowait()
        except queue.Empty:
            return
        try:
            link.send((function, items[index]))
            kind = ""
            while kind not in ("done", "failed"):
                kind, what = link.recv()
                news.put((kind, index, what))
        except (EOFError, OSError):
            process.join()
            news.put(("failed", index, _died(process.exitcode or 0)))
            return
        except Exception as error:  # what cannot be pickled is a mistake of the caller
            news.put(("failed", index, error))
            return


def _died(code: int) -> UserError:
    if code in (NO_MEMORY, GAVE_UP):
        return UserError(
            "memory ran out in a worker process" if code == NO_MEMORY else "a library gave up in a worker process",
            "if memory ran out, give fewer workers, a smaller batch or shorter clips; the same command goes on from here",
        )
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    return UserError(
        f"a worker process {how}",
        "if memory ran out, give fewer workers or a smaller batch; the same command goes on from here",
    )


def _serve(link: Connection) -> None:
    from kd.engines.preloaded import SERVER

    settle(SERVER)
    os.environ["RUST_BACKTRACE"] = "0"  # printing one needs memory, and waits for ever where there is none
    while True:
        try:
            function, item = link.recv()
        except EOFError:
            return
        try:
            answer = ("done", function(item, lambda said: link.send(("told", said))))
        except Exception as error:
            if out_of_memory(error):  # telling of it would take some
                os._exit(NO_MEMORY)
            error.add_note(f"in a worker process:\n{traceback.format_exc()}")
            answer = ("failed", error)
        except BaseException as error:
            if "PanicException" in type(error).__name__:  # of a library in Rust
                os._exit(GAVE_UP)
            raise
        try:
            link.send(answer)
        except Exception:  # a result or an error that cannot be pickled
            link.send(("failed", RuntimeError(f"a worker's answer cannot be sent: {answer[1]!r}")))
