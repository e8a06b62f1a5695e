"""The work of two sides in turns, each side in a process of its own with the settings that its user would have."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from statistics import median
from typing import Any

Work = Callable[[], object]
WAIT = "OMP_WAIT_POLICY"  # what `kd.engines.local.let_idle_threads_sleep` sets


def serve(works: Mapping[str, Callable[[], Work]]) -> None:
    """For each name on standard input do that work once and answer with its seconds; work is prepared when first named."""
    ready: dict[str, Work] = {}
    for line in sys.stdin:
        name = json.loads(line)
        if name not in ready:
            ready[name] = works[name]()
        started = time.perf_counter()
        ready[name]()
        sys.stdout.write(json.dumps(time.perf_counter() - started) + "\n")
        sys.stdout.flush()


class Side:
    """A process that runs `serve`."""

    def __init__(self, words: list[str], *, ours: bool = False, more: Mapping[str, str] | None = None) -> None:
        """more: environment on top of the present one."""
        environment = {key: value for key, value in os.environ.items() if key != WAIT} | dict(more or {})
        if ours:
            environment[WAIT] = "PASSIVE"
        self.process = subprocess.Popen(
            [sys.executable, *words], env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def seconds(self, name: str) -> float:
        """Do a work once."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(name) + "\n")
        self.process.stdin.flush()
        found: float = json.loads(self.process.stdout.readline())
        return found

    def work(self, name: str) -> Callable[[], float]:
        """`seconds` of one work, for `in_turns`."""
        return partial(self.seconds, name)

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def in_turns(works: Mapping[str, Callable[[], float]], *, repeats: int) -> dict[str, float]:
    """Median of the seconds that each of several works gives, called in turns after two calls to warm up."""
    spent: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(repeats + 2):
        for name, work in works.items():
            seconds = work()
            if turn >= 2:
                spent[name].append(seconds)
    return {name: median(each) for name, each in spent.items()}


def line_of(row: Mapping[str, Any]) -> str:
    """A row of results (work, ours_s, peer, peer_s, ratio) as a line to print."""
    return (
        f"{row['work']:62} {1e3 * row['ours_s']:8.1f} ms  {row['peer']:38} {1e3 * row['peer_s']:8.1f} ms "
        f"{row['ratio']:6.2f} times\n"
    )
