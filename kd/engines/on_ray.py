"""Workers on a Ray cluster. What a machine that dies was at is done again on another one.

All machines see the same files at the same places: items name features, and results steps, by their path.
"""

import importlib
import os
import socket
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from kd.engines.local import cores
from kd.errors import UserError, out_of_memory

Item = TypeVar("Item")
Result = TypeVar("Result")
Tell = Callable[[Any], None]
RETRIES = 3  # of an item whose process or machine dies
EVERY = 0.25  # seconds between two messages of an item, and between two looks at them


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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ray is not None:
            self._ray.shutdown()
        self._ray = self._ear = None

    def each(
        self,
        function: Callable[[Item, Tell], Result],
        items: Sequence[Item],
        heard: Callable[[int, Any], None] = lambda index, said: None,
        *,
        threads: int = 1,
    ) -> Iterator[Result]:
        """As `Pool.each`. Of what an item tells within a quarter of a second the first and the last arrive."""
        ray, ear = self._cluster()
        wanted = self._room(ray, threads)
        work = ray.remote(_work).options(**wanted, max_retries=RETRIES, retry_exceptions=False)
        left, at, done = list(range(len(items))), dict[Any, int](), dict[int, Result]()
        following = 0
        try:
            while following < len(items):
                while left and len(at) < self.count:
                    index = left.pop(0)
                    at[work.remote(function, items[index], index, ear)] = index
                ready, _ = ray.wait(list(at), num_returns=1, timeout=EVERY)
                found = [(at.pop(each), _result(ray, each)) for each in ready]
                for index, said in ray.get(ear.taken.remote()):
                    heard(index, said)
                for index, result in found:
                    done[index] = result
                while following in done:
                    yield done.pop(following)
                    following += 1
        finally:
            for each in at:
                ray.cancel(each, force=True)

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
        if self._ray is None:
            self._ray = _connected(self.address)
            here = self._ray.get_runtime_context().get_node_id()
            beside = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(here, soft=True)
            kept = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": -1, "scheduling_strategy": beside}
            self._ear = self._ray.remote(_Ear).options(**kept).remote()  # on the job's own machine, where it can be
        return self._ray, self._ear


class _Ear:
    """Keeps what items tell until the job asks."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, Any]] = []

    def told(self, index: int, said: Sequence[Any]) -> None:
        """An item's news."""
        self.heard += [(index, each) for each in said]

    def taken(self) -> list[tuple[int, Any]]:
        """All news since the last call."""
        news, self.heard = self.heard, []
        return news


def _work(function: Callable[[Any, Tell], Any], item: Any, index: int, ear: Any) -> Any:
    """One item, in a process of the cluster; an error comes as an answer, so that only deaths are tried again."""
    news: list[Any] = []
    sent = 0.0

    def tell(said: Any) -> None:
        nonlocal news, sent
        news = [*news[:1], said]
        if time.monotonic() - sent >= EVERY:
            ear.told.remote(index, news)
            news, sent = [], time.monotonic()

    try:
        result = function(item, tell)
    except Exception as error:
        if out_of_memory(error):
            return "failed", UserError(
                "memory ran out in a task of the cluster",
                "give fewer workers or a smaller batch; the job goes on from here",
            )
        error.add_note(f"on {socket.gethostname()}:\n{traceback.format_exc()}")
        return "failed", error
    importlib.import_module("ray").get(ear.told.remote(index, news))
    return "done", result


def _result(ray: Any, reference: Any) -> Any:
    """What a finished item returned."""
    try:
        kind, what = ray.get(reference)
    except ray.exceptions.RayError as error:
        raise UserError(
            f"the cluster gave up on a task: {str(error).splitlines()[0]}",
            "if memory ran out, give fewer workers or a smaller batch; the same command goes on from here",
        ) from error
    if kind == "failed":
        raise what
    return what


def _connected(address: str) -> Any:
    """The ray module, connected. Raises UserError where that cannot be."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_worker_niceness", "0")  # 15 by default: behind all else that a machine does
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError:
        raise UserError("engine=ray needs the package ray", "pip install 'kd-sed[ray]'") from None
    environment = {"env_vars": {"OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE"), "MLFLOW_RUN_ID": ""}}
    own = {"num_cpus": cores(), "include_dashboard": False} if address == "local" else {}
    try:
        ray.init(address=address, runtime_env=environment, log_to_driver=False, logging_level="ERROR", **own)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        raise UserError(
            f"no Ray cluster answers at {address!r}: {' '.join(str(error).split())[:200]}",
            "start one (`ray start --head`), give its address, or address=local",
        ) from error
    return ray
