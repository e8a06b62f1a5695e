"""Workers on a Ray cluster. What a machine that dies was at is done again on another one.

All machines see the same files at the same places, or a depot brings them there (`kd.depot`): items name features, and
results steps, by their path.
"""

import atexit
import contextlib
import importlib
import os
import queue
import secrets
import socket
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from functools import lru_cache, partial
from itertools import count as count_up
from types import TracebackType
from typing import Any, Self, TypeVar

from kd.config import home
from kd.engines.local import cores
from kd.errors import UserError, out_of_memory

Item = TypeVar("Item")
Result = TypeVar("Result")
Tell = Callable[[Any], None]
RETRIES = 3  # of an item whose process or machine dies
MANY = 20  # items for each worker, from which on they are taken to be short
AHEAD = 2  # times as many short items are sent as are worked on
EVERY = 0.25  # seconds between two messages of an item, and between two looks at them
PATIENCE = 20.0  # seconds that the head may be away; Ray itself ends the process after 60


class RayWorkers:
    """`count` items at a time, each given a processor for each of its threads, and `gpus` devices (of a fraction several share
    one).

    address: of a cluster that runs, as `ray.init` takes it, `auto` for the one that this machine is part of; `local`: one
    of this machine alone, started here and gone with the `with` block.
    """

    elsewhere = True

    def __init__(self, count: int, *, address: str, gpus: float = 0.0) -> None:
        self.count, self.address, self.gpus = count, address, gpus
        self._ray: Any = None
        self._ear: Any = None
        self._name = ""
        self._head: tuple[str, int] | None = None
        self._calls = count_up()
        self._connecting = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, HeadGone):
            atexit.register(_leave)
        elif self._ray is not None:
            self._ray.shutdown()
        self._ray = self._ear = self._head = None

    def each(
        self,
        function: Callable[[Item, Tell], Result],
        items: Sequence[Item],
        heard: Callable[[int, Any], None] = lambda index, said: None,
        *,
        threads: int = 1,
        waiting: Callable[[], None] = lambda: None,
    ) -> Iterator[Result]:
        """As `Pool.each`. Of what an item tells within a quarter of a second the first and the last arrive."""
        ray, ear = self._cluster()
        wanted = self._room(ray, threads)
        work = ray.remote(_work).options(**wanted, max_retries=RETRIES, retry_exceptions=False)
        given = ray.put(function)
        at_once = self.count * (AHEAD if len(items) >= MANY * self.count else 1)
        call = next(self._calls)
        left, at, done = deque(range(len(items))), dict[int, Any](), dict[int, Result]()
        arrived: queue.SimpleQueue[tuple[int, Future[Any]]] = queue.SimpleQueue()
        asked = 0.0

        def send() -> None:
            while left and len(at) < at_once:
                index = left.popleft()
                at[index] = work.remote(given, items[index], (self._name, call, index))
                at[index].future().add_done_callback(partial(_arrive, arrived, index))

        try:
            send()
            for following in range(len(items)):
                while following not in done:
                    found = {index: _result(ray, future) for index, future in _taken(arrived)}
                    if any(told for told, _ in found.values()) or time.monotonic() - asked >= EVERY:
                        for index, said in self._answer(ear.taken.remote(call)):
                            heard(index, said)
                        waiting()
                        asked = time.monotonic()
                    for index, (_, result) in found.items():
                        del at[index]
                        done[index] = result
                    send()
                yield done.pop(following)
        except HeadGone:
            at.clear()
            raise
        finally:
            for each in at.values():
                ray.cancel(each, force=True)

    def _answer(self, asked: Any) -> Any:
        """What a call returns. Raises UserError where the head of the cluster is away for too long meanwhile.

        Ray's own waiting does not end where the head has ended, until Ray ends the process.
        """
        future, away = asked.future(), 0.0
        while not wait([future], timeout=1.0).done:
            if _listens(self._head):
                away = 0.0
            elif not away:
                away = time.monotonic()
            elif time.monotonic() - away > PATIENCE:
                raise HeadGone(
                    f"the Ray cluster at {self.address!r} does not answer any more: its head has ended or is out of reach",
                    "start it again, then run the same command: it goes on from here",
                )
        return future.result()

    def _room(self, ray: Any, threads: int) -> dict[str, float]:
        """What an item asks of a machine. Raises UserError where no machine of the cluster has it."""
        machines = [each["Resources"] for each in ray.nodes() if each["Alive"]]
        gpus = self.gpus if any(each.get("GPU") for each in machines) else 0.0
        cpus = threads * max(1, int(self.gpus))
        if not any(each.get("CPU", 0) >= cpus and each.get("GPU", 0) >= gpus for each in machines):
            devices = f" and {gpus:g} GPUs" if gpus else ""
            raise UserError(
                f"no machine of the cluster has {cpus} processors{devices} for one task",
                "lower threads= or gpus_per_candidate=",
            )
        return {"num_cpus": cpus, "num_gpus": gpus}

    def _cluster(self) -> tuple[Any, Any]:
        """Ray, connected, and who hears what items tell."""
        with self._connecting:
            if self._ear is None:
                self._connect()
        return self._ray, self._ear

    def _connect(self) -> None:
        self._ray = _connected(self.address)
        context = self._ray.get_runtime_context()
        self._head = _place(context.gcs_address)
        here = context.get_node_id()
        beside = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(here, soft=True)
        kept = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": -1, "scheduling_strategy": beside}
        self._name = f"ear-{secrets.token_hex(8)}"
        self._ear = (
            self._ray.remote(_Ear).options(name=self._name, **kept).remote()
        )  # on the job's machine, where it can be


class HeadGone(UserError):
    """The head of the cluster has ended, or cannot be reached."""


def _leave() -> None:
    """End this process, before Ray does what it would at the end: wait for a head that is gone, and end with another code."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(UserError.code)


class _Ear:
    """Keeps what items tell until the job asks."""

    def __init__(self) -> None:
        self.heard: dict[int, list[tuple[int, Any]]] = {}

    def told(self, whose: Sequence[int], said: Sequence[Any]) -> None:
        """News of a call's item."""
        call, index = whose
        self.heard.setdefault(call, []).extend((index, each) for each in said)

    def taken(self, call: int) -> list[tuple[int, Any]]:
        """All news of a call's items since this was last asked."""
        return self.heard.pop(call, [])


@lru_cache(maxsize=8)
def _ear(name: str) -> Any:
    """Who hears what items tell, in a process of the cluster."""
    return importlib.import_module("ray").get_actor(name)


def _work(function: Callable[[Any, Tell], Any], item: Any, whose: tuple[str, int, int]) -> Any:
    """One item, in a process of the cluster; an error comes as an answer, so that only deaths are tried again."""
    name, *index = whose
    news: list[Any] = []
    sent, told = 0.0, False

    def tell(said: Any) -> None:
        nonlocal news, sent, told
        news, told = [*news[:1], said], True
        if time.monotonic() - sent >= EVERY:
            _ear(name).told.remote(index, news)
            news, sent = [], time.monotonic()

    try:
        result = function(item, tell)
    except Exception as error:
        if out_of_memory(error):
            hint = "give fewer workers or a smaller batch; the job goes on from here"
            return "failed", UserError("memory ran out in a task of the cluster", hint), told
        error.add_note(f"on {socket.gethostname()}:\n{traceback.format_exc()}")
        return "failed", error, told
    if news:
        importlib.import_module("ray").get(_ear(name).told.remote(index, news))
    return "done", result, told


def _arrive(arrived: "queue.SimpleQueue[tuple[int, Future[Any]]]", index: int, future: "Future[Any]") -> None:
    arrived.put((index, future))


def _taken(arrived: "queue.SimpleQueue[tuple[int, Future[Any]]]") -> list[tuple[int, "Future[Any]"]]:
    """All that has arrived; of an empty queue what comes first, within a time."""
    found = []
    with contextlib.suppress(queue.Empty):
        found.append(arrived.get(timeout=EVERY))
        while True:
            found.append(arrived.get_nowait())
    return found


def _result(ray: Any, future: "Future[Any]") -> tuple[bool, Any]:
    """Whether a finished item told anything, and what it returned."""
    try:
        kind, what, told = future.result()
    except ray.exceptions.RayError as error:
        raise UserError(
            f"the cluster gave up on a task: {str(error).splitlines()[0]}",
            "if memory ran out, give fewer workers or a smaller batch; the same command goes on from here",
        ) from error
    if kind == "failed":
        raise what
    return told, what


def _connected(address: str) -> Any:
    """The ray module, connected. Raises UserError where that cannot be."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # else a head that is gone is told of every second
    os.environ.setdefault("RAY_worker_niceness", "0")  # 15 by default: behind all else that a machine does
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError:
        raise UserError("engine=ray needs the package ray", "pip install 'kd-sed[ray]'") from None
    given = {
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE"),
        "MLFLOW_RUN_ID": "",
        "KD_HOME": str(home()),
    }
    if "KD_DEPOT" in os.environ:
        given["KD_DEPOT"] = os.environ["KD_DEPOT"]
    own = {"num_cpus": cores(), "include_dashboard": False} if address == "local" else {}
    try:
        ray.init(address=address, runtime_env={"env_vars": given}, log_to_driver=False, logging_level="ERROR", **own)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        raise UserError(
            f"no Ray cluster answers at {address!r}: {' '.join(str(error).split())[:200]}",
            "start one (`ray start --head`), give its address, or address=local",
        ) from error
    return ray


def _place(address: str) -> tuple[str, int] | None:
    """Host and port of an address, None where it has none."""
    host, _, port = address.rpartition(":")
    return (host, int(port)) if host and port.isdecimal() else None


def _listens(place: tuple[str, int] | None) -> bool:
    """Whether someone takes connections there; where nobody knows the place, yes."""
    try:
        if place:
            socket.create_connection(place, timeout=2).close()
    except OSError:
        return False
    return True
