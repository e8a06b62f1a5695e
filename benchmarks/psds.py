"""PSDS1 and PSDS2 beside sed_scores_eval, on the same made-up scores: 300 clips, 240 frames, 10 classes.

    python3 -m venv /tmp/peer && /tmp/peer/bin/pip install sed_scores_eval==0.0.4 'pandas<3'
    python -m benchmarks.psds --peer-python /tmp/peer/bin/python [--repeats 9] [--samples 1000]

Both take scores that are in memory and give the value and every class's area, which must agree to 1e-9. Ours and the
peer's turns alternate, each after one that is not counted. Then PSDS1 and PSDS2 of resampled clips are timed; the peer
has no like of it. Writes benchmarks/results/psds.json.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.keep import RESULTS, machine
from kd.corpus.tables import Event
from kd.engines.local import cores
from kd.scoring.psds import PSDS1, PSDS2, PsdsParameters, psds, psds_cells, psds_of_samples
from tests.goldens.psds_cases import Case, noisy

CASE = {"seed": 11, "clips": 300, "frames": 240, "classes": 10}
HOW = {"psds1": PSDS1, "psds2": PSDS2}
ROOT = Path(__file__).resolve().parent.parent


class Ours:
    """This project, with a number of threads."""

    def __init__(self, case: Case, *, workers: int) -> None:
        self.case, self.workers = case, workers
        self.reference = {name: [Event(*event) for event in events] for name, events in case.reference.items()}

    def arguments(self, parameters: PsdsParameters) -> dict[str, Any]:
        """Of `psds` and `psds_cells`."""
        return {
            "scores": self.case.scores,
            "reference": self.reference,
            "clips": self.case.clips,
            "grid": self.case.edges,
            "classes": self.case.classes,
            "durations": self.case.durations,
            "parameters": parameters,
            "workers": self.workers,
        }

    def turn(self) -> dict[str, Any]:
        """Seconds and values, as the peer gives them."""
        answer = {}
        for key, parameters in HOW.items():
            start = time.perf_counter()
            result = psds(**self.arguments(parameters))
            seconds = time.perf_counter() - start
            answer[key] = {"seconds": seconds, "value": result.value, "classes": list(result.classes.values())}
        return answer

    def resampled(self, samples: int) -> dict[str, Any]:
        """Seconds to make the cells of both, and for PSDS of so many bootstrap samples of the clips."""
        clips = len(self.case.clips)
        weights = np.random.default_rng(0).multinomial(clips, np.full(clips, 1 / clips), size=samples)
        start = time.perf_counter()
        cells = {key: psds_cells(**self.arguments(parameters)) for key, parameters in HOW.items()}
        made = time.perf_counter() - start
        answer: dict[str, Any] = {"samples": samples, "workers": self.workers, "cells_seconds": made, "seconds": 0.0}
        for key, cell in cells.items():
            start = time.perf_counter()
            values, _ = psds_of_samples(cell, weights, workers=self.workers)
            answer["seconds"] += time.perf_counter() - start
            answer[key] = {
                "rows": sum(len(changes.thresholds) for changes in cell.changes),
                "interval": np.quantile(values, [0.025, 0.975]).tolist(),
            }
        return answer


class Peer:
    """sed_scores_eval in the Python it is installed in; data frames are made before anything is timed."""

    def __init__(self, python: str, *, processes: int) -> None:
        self.processes = processes
        words = [python, "-m", "benchmarks.psds_peer", json.dumps(CASE)]
        self.process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.versions = self._answer()

    def turn(self) -> dict[str, Any]:
        """Seconds and values."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{self.processes}\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the peer ended: is sed_scores_eval installed there?")
        answer: dict[str, Any] = json.loads(line)
        return answer


def agree(one: dict[str, Any], other: dict[str, Any]) -> float:
    """The largest difference of values, which must be below 1e-9."""
    away = max(
        float(np.abs(np.subtract([one[key]["value"], *one[key]["classes"]], [x["value"], *x["classes"]])).max())
        for key, x in other.items()
    )
    if away > 1e-9:
        raise SystemExit(f"the values differ by {away}")
    return away


def timed(turns: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Medians of PSDS1, PSDS2 and both in one turn, and the fastest and slowest turn."""
    both = [sum(turn[key]["seconds"] for key in HOW) for turn in turns]
    each = {key: median(turn[key]["seconds"] for turn in turns) for key in HOW}
    return {**each, "both": median(both), "both_fastest": min(both), "both_slowest": max(both)}


def main() -> int:
    """Measure, print and write."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--peer-python", required=True)
    words.add_argument("--repeats", type=int, default=9)
    words.add_argument("--samples", type=int, default=1000)
    given = words.parse_args()
    case = noisy(**CASE)
    peer, peers = (Peer(given.peer_python, processes=n) for n in (1, cores()))
    sides: dict[str, Ours | Peer] = {
        "ours, 1 thread": Ours(case, workers=1),
        f"ours, {cores()} threads": Ours(case, workers=cores()),
        "sed_scores_eval, 1 process": peer,
        f"sed_scores_eval, {cores()} processes": peers,
    }
    first = {name: side.turn() for name, side in sides.items()}
    away = max(agree(one, other) for one in first.values() for other in first.values())
    turns: dict[str, list[dict[str, Any]]] = {name: [] for name in sides}
    for _ in range(given.repeats):
        for name, side in sides.items():
            turns[name].append(side.turn())
    record = {
        "case": CASE,
        "machine": machine(),
        "load_average": os.getloadavg(),
        "peer": peer.versions,
        "repeats": given.repeats,
        "largest_difference": away,
        "values": {key: first["ours, 1 thread"][key]["value"] for key in HOW},
        "seconds": {name: timed(found) for name, found in turns.items()},
        "resampled": Ours(case, workers=cores()).resampled(given.samples),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "psds.json").write_text(json.dumps(record, indent=1) + "\n")
    sys.stdout.write(
        json.dumps({key: record[key] for key in ("load_average", "values", "seconds", "resampled")}, indent=1)
    )
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
