"""sed_scores_eval's best F1 over all thresholds, after each median window; run by the Python that has it.

    /its/venv/bin/python benchmarks/scoring_peer.py INPUT.npz REFERENCE.json REPEATS

Needs numpy, scipy and sed_scores_eval, nothing of kd. Prints one JSON object: seconds by step, and of each class and
window the best F1.
"""

import json
import statistics
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy.ndimage import median_filter
from sed_scores_eval.base_modules.scores import create_score_dataframe
from sed_scores_eval.collar_based import best_fscore


def main(inputs: Path, reference: Path, repeats: int) -> None:
    """Time every step; of one and of two processes, the faster counts."""
    given = np.load(inputs)
    scores, windows, edges = given["scores"], given["windows"].tolist(), given["edges"]
    names, classes = given["names"].tolist(), given["classes"].tolist()
    truth = {name: [tuple(event) for event in events] for name, events in json.loads(reference.read_text()).items()}
    seconds: dict[str, list[float]] = {name: [] for name in ("filter", "frames", "best_1_process", "best_2_processes")}
    answers: dict[str, dict[str, float]] = {}
    for _ in range(repeats):
        spent = dict.fromkeys(seconds, 0.0)
        for window in windows:
            started = time.perf_counter()
            smooth = median_filter(scores, size=(1, window, 1), mode="nearest")
            spent["filter"] += time.perf_counter() - started
            started = time.perf_counter()
            frames = {name: create_score_dataframe(smooth[i], edges, classes) for i, name in enumerate(names)}
            spent["frames"] += time.perf_counter() - started
            for jobs, step in ((1, "best_1_process"), (2, "best_2_processes")):
                started = time.perf_counter()
                f1, *_ = best_fscore(
                    frames, truth, onset_collar=0.2, offset_collar=0.2, offset_collar_rate=0.2, num_jobs=jobs
                )
                spent[step] += time.perf_counter() - started
            answers[str(window)] = {label: float(f1[label]) for label in classes}
        for name, value in spent.items():
            seconds[name].append(value)
    result = {
        "versions": {name: version(name) for name in ("sed_scores_eval", "numpy", "pandas", "scipy")},
        "seconds": {name: statistics.median(values) for name, values in seconds.items()},
        "best_f1": answers,
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
