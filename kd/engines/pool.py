"""Who does the work of a job: processes of this machine, or a Ray cluster."""

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from kd.engines.workers import Workers

Item = TypeVar("Item")
Result = TypeVar("Result")
Tell = Callable[[Any], None]
ENGINES = ("local", "ray")


class Pool(Protocol):
    """Workers for one job, each with one item at a time; leave the `with` block and they are gone."""

    @property
    def count(self) -> int:
        """Items that are worked on at the same time, at most."""

    @property
    def elsewhere(self) -> bool:
        """Whether they are on other machines, so that it pays to send them shards of what threads here would do."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def each(
        self,
        function: Callable[[Item, Tell], Result],
        items: Sequence[Item],
        heard: Callable[[int, Any], None] = lambda index, said: None,
        *,
        threads: int = 1,
        waiting: Callable[[], None] = lambda: None,
    ) -> Iterator[Result]:
        """Results of `function(item, tell)`, in the items' order; what it tells arrives as `heard(index, said)` here.

        threads: that each item uses; waiting: called at least every second while nothing arrives, unless the work is done in
        this process. function, items, results and what is told must be picklable. The first error ends it and is raised
        here. Threads may call this at the same time, and share the workers.
        """


class Placing(Protocol):
    """Settings that say where work is done."""

    @property
    def engine(self) -> str:
        """One of ENGINES."""

    @property
    def address(self) -> str:
        """Of the Ray cluster; `local`: one of this machine, for as long as the job."""

    @property
    def gpus_per_candidate(self) -> float:
        """Devices that one training takes."""


def shards(length: int, *, size: int) -> list[range]:
    """Ranges of `size` positions, the last one of what is left."""
    return [range(start, min(start + size, length)) for start in range(0, length, size)]


def pool(placing: Placing, *, count: int) -> Pool:
    """Who does the work, `count` items at a time."""
    if placing.engine == "local":
        return Workers(count)
    from kd.engines.on_ray import RayWorkers

    return RayWorkers(count, address=placing.address, gpus=placing.gpus_per_candidate)
