"""A process that runs a study: `python -m tests.tuning.worker '{"trials": 20, …}'`. It prints each draw it makes."""

import json
import os
import signal
import sys
import time
from typing import Any

from kd.tuning.attempt import Attempt
from kd.tuning.outcome import Studied
from kd.tuning.space import Choice, Real, Space, Whole
from kd.tuning.store import Studies, open_studies
from kd.tuning.study import run_study

SPACE = Space(
    {"x": Real(-1, 1), "w": Whole(1, 21, step=2), "t": Real(0.1, 10, log=True), "c": Choice(("a", "b", None))}
)
FIRST = [{"x": 0.5, "w": 7, "t": 1.0, "c": "a"}, {"x": -0.5, "w": 3, "t": 2.0, "c": None}]


def worth(settings: dict[str, Any]) -> float:
    """Best at x=0.3, w=9, t=2, c='b'; rounded, so that there are equals."""
    off = (settings["x"] - 0.3) ** 2 + ((settings["w"] - 9) / 20) ** 2 + (settings["t"] - 2) ** 2 / 30
    return round(1 - off - (settings["c"] != "b") * 0.05, 3)


def studied(
    studies: Studies, *, name: str = "s", die_at: int = -1, nap: float = 0.0, prune: bool = False, **how: Any
) -> Studied:
    """Run a study of `worth`; die_at: the draw in the midst of which the process is killed."""

    def objective(attempt: Attempt) -> float:
        sys.stdout.write(f"{attempt.number} {json.dumps(attempt.settings)}\n")
        sys.stdout.flush()
        value = worth(attempt.settings)
        attempt.note("half", value / 2)
        attempt.constraint("x", attempt.settings["x"] - 0.35)
        if attempt.number == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if prune:
            for step in range(3):
                attempt.report(step, value * (step + 1) / 3)
        time.sleep(nap)
        return value

    how = {"trials": 25, "seed": 5, "first": FIRST, "space": SPACE, **how}
    return run_study(studies=studies, name=name, objective=objective, **how)


if __name__ == "__main__":
    studied(open_studies(), **json.loads(sys.argv[1]))
