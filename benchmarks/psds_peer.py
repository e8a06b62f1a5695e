"""The peer's side of `benchmarks.psds`: PSDS1 and PSDS2 by sed_scores_eval, one timing for each line read."""

import json
import platform
import sys
import time
from importlib.metadata import version

from sed_scores_eval.base_modules.scores import create_score_dataframe
from sed_scores_eval.intersection_based import psds

from tests.goldens.make_psds import PARAMETERS, joined
from tests.goldens.psds_cases import noisy


def main() -> None:
    """Say what is there, then answer each line, a number of processes, with seconds and values."""
    settings = json.loads(sys.argv[1])
    case = noisy(**settings)
    scores = {
        name: create_score_dataframe(case.scores[i].astype(float), case.edges[i], case.classes)
        for i, name in enumerate(case.clips)
    }
    reference = joined(case.reference)
    packages = ("sed_scores_eval", "numpy", "pandas")
    sys.stdout.write(json.dumps({"python": platform.python_version(), **{p: version(p) for p in packages}}) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        answer = {}
        for key in ("psds1", "psds2"):
            start = time.perf_counter()
            value, classes, *_ = psds(scores, reference, case.durations, num_jobs=int(line), **PARAMETERS[key])
            seconds = time.perf_counter() - start
            answer[key] = {
                "seconds": seconds,
                "value": float(value),
                "classes": [float(classes[label]) for label in case.classes],
            }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
