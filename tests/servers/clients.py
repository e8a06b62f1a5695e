"""Clients that log to one tracking server at the same time, and what is there afterwards: `python -m tests.servers.clients`.

python -m tests.servers.clients CLIENTS STEPS      # prints {"seconds": …, "sent": …, "kept": …}
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from kd.tracking.runs import Runs
from kd.tracking.store import open_store

NAMES = 10  # metrics at a step
CALLS = 10  # in which a client sends its steps


def log(number: int, steps: int) -> str:
    """One client, with connections of its own: a run whose metrics arrive in several calls."""
    runs = Runs(open_store())
    run = runs.create(f"client-{number}", tags={})
    for first in range(0, steps, max(1, steps // CALLS)):
        some = range(first, min(first + max(1, steps // CALLS), steps))
        runs.metrics(run, {f"metric-{k}": [(step, number + step / 1000) for step in some] for k in range(NAMES)})
    runs.end(run)
    return run


def main(clients: int, steps: int) -> dict[str, float]:
    """All of them, each in a thread."""
    open_store()
    start = time.monotonic()
    with ThreadPoolExecutor(clients) as threads:
        made = list(threads.map(lambda number: log(number, steps), range(clients)))
    seconds = time.monotonic() - start
    client = open_store()
    kept = 0
    for number, run in enumerate(made):
        for k in range(NAMES):
            history = client.get_metric_history(run, f"metric-{k}")
            kept += len({(each.step, each.value) for each in history} & {(s, number + s / 1000) for s in range(steps)})
    return {"seconds": seconds, "sent": clients * steps * NAMES, "kept": kept}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*map(int, sys.argv[1:]))) + "\n")
