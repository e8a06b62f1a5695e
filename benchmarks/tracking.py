"""How much of a job goes into tracking: runs, metrics, artifacts, the registry, packaged models.

    python -m benchmarks.tracking [--home FOLDER] [--out RESULT.json] [PARAMETERS OF ITERATE ...]

Runs `iterate` in this process, in empty stores, with every method of the tracking layer timed. What the workers do
meanwhile is not taken off: the share is an upper bound of what a job would gain without tracking.
"""

import argparse
import inspect
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

SPENT: dict[str, list[float]] = defaultdict(list)
OUTER: list[str] = []  # the timed call that is under way


def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The same, its seconds kept; a call inside a timed call counts there."""

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        if OUTER:
            return function(*arguments, **named)
        OUTER.append(name)
        started = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            OUTER.pop()
            SPENT[name].append(time.perf_counter() - started)

    return call


def watch() -> None:
    """Time the tracking layer, wherever it has been imported by name."""
    import kd.passes.loop
    from kd.tracking import aliases, packaging, registry, runs, store

    for kind in (aliases.AliasMoves, registry.Registry, runs.Runs):
        for name, function in inspect.getmembers(kind, inspect.isfunction):
            setattr(kind, name, timed(f"{kind.__name__}.{name}", function))
    for function in (packaging.log_detector, store.open_store):
        for module in [each for name, each in sys.modules.items() if name.startswith("kd.")]:
            if vars(module).get(function.__name__) is function:
                vars(module)[function.__name__] = timed(function.__name__, function)
    assert kd.passes.loop is not None


def main(words: Sequence[str] | None = None) -> int:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--home", type=Path, help="keep the stores here; they must be empty")
    parser.add_argument("--out", type=Path)
    chosen, given = parser.parse_known_args(words)
    from benchmarks.keep import stores_in
    from entrypoints.iterate import main as iterate
    from kd.machine import machine

    with tempfile.TemporaryDirectory() as place:
        folder = chosen.home or place
        os.environ |= stores_in(Path(folder))
        watch()
        sys.argv = ["iterate", *given]
        started = time.perf_counter()
        code = iterate()
        seconds = time.perf_counter() - started
    calls = {name: {"calls": len(each), "seconds": sum(each)} for name, each in SPENT.items()}
    total = sum(each["seconds"] for each in calls.values())
    calls = dict(sorted(calls.items(), key=lambda item: -item[1]["seconds"]))
    result = {"machine": machine(), "parameters": given, "job_s": seconds, "tracking_s": total, "calls": calls}
    sys.stdout.write(
        json.dumps({key: result[key] for key in ("job_s", "tracking_s")} | {"calls": calls}, indent=1) + "\n"
    )
    if chosen.out:
        chosen.out.write_text(json.dumps(result, indent=1) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
