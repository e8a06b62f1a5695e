"""Event F1 at many operating points: ours beside sed_eval and sed_scores_eval, on the same work in one run.

    python -m benchmarks.scoring [--peer-python /its/venv/bin/python] [--clips 300] [--largest 10000] [--out FILE.json]

The work: clips of 240 frames, 10 classes, 12 median windows up to 41 frames, 50 thresholds, the DCASE collars.

- all operating points: ours counts all 600 in one call. sed_eval sees one operating point at a time: a few are timed,
  the rest is that times 600; making the lists of events is left out of its time, and its counts must equal ours.
- best F1 over every distinct score, for all 12 windows: ours, and sed_scores_eval 0.0.4 in a Python of its own, because
  it needs pandas<3 (`--peer-python`; left out without); its F1 must equal ours. Its median filter is scipy's.
- growth: time and peak memory up to 10000 clips, each size in a process of its own.

Times are medians. Writes JSON to `--out` and prints it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from kd.corpus.tables import Event
from kd.scoring.curves import best_f1
from kd.scoring.decode import decode_clips
from kd.scoring.grid import FrameGrid
from kd.scoring.grid_counts import GridCounts, grid_counts
from kd.scoring.operating_points import OperatingPoints
from kd.scoring.tune import cells_at

GRID = FrameGrid(hop=664 / 16000, window=1024 / 16000, frames=240, seconds=10.0)
CLASSES = tuple(f"class{k}" for k in range(10))
WINDOWS = (1, 3, 5, 7, 9, 13, 17, 21, 25, 31, 37, 41)
THRESHOLDS = tuple(np.linspace(0.02, 0.98, 50).tolist())
T = TypeVar("T")


@dataclass(frozen=True)
class Work:
    """scores: float32 `(clips, 240, 10)`; reference: events by clip."""

    scores: npt.NDArray[np.float32]
    reference: dict[str, list[Event]]
    names: list[str]


def made_up(clips: int, seed: int = 0) -> Work:
    """Scores that wander as a detector's do, higher inside reference events; 0 to 3 classes a clip, events apart."""
    rng = np.random.default_rng(seed)
    names = [f"{i}.wav" for i in range(clips)]
    reference: dict[str, list[Event]] = {name: [] for name in names}
    scores = np.empty((clips, GRID.frames, len(CLASSES)), np.float32)
    kernel = np.hanning(25) / np.linalg.norm(np.hanning(25))
    for i, name in enumerate(names):
        noise = rng.normal(size=(GRID.frames + 24, len(CLASSES)))
        logits = np.stack([np.convolve(noise[:, k], kernel, "valid") for k in range(len(CLASSES))], axis=1)
        logits = 1.5 * logits - 4 + 0.5 * rng.normal(size=logits.shape)
        for k in rng.choice(len(CLASSES), size=rng.integers(0, 4), replace=False):
            time = rng.uniform(0, 3)
            while time < 9.5:
                end = min(time + rng.choice([0.3, 0.6, 1.0, 3.0]) * rng.uniform(0.7, 1.3), 10.0)
                reference[name].append(Event(round(time, 4), round(end, 4), CLASSES[k]))
                first, last = GRID.frames_of(time, end)
                logits[first:last, k] += 5
                time = end + rng.uniform(0.2, 3)
        scores[i] = 1 / (1 + np.exp(-logits))
    return Work(scores, reference, names)


def at_all_points(work: Work) -> GridCounts:
    """Ours: 12 windows x 50 thresholds."""
    return grid_counts(
        work.scores,
        work.reference,
        clips=work.names,
        grid=GRID,
        windows=WINDOWS,
        thresholds=THRESHOLDS,
        classes=CLASSES,
    )


def best_of_all(work: Work, windows: Sequence[int] = WINDOWS) -> list[float]:
    """Ours: the best F1 of each class over every distinct score."""
    found = best_f1(work.scores, work.reference, clips=work.names, grid=GRID, classes=CLASSES, windows=windows)
    return [best.f1 for best in found]


def timed(run: Callable[[], T], repeats: int) -> tuple[float, T]:
    """Median seconds, and the last answer."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        answer = run()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds), answer


def beside_sed_eval(work: Work, repeats: int) -> dict[str, Any]:
    """All operating points; sed_eval at three of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sed_eval.sound_event import EventBasedMetrics
    seconds, counts = timed(lambda: at_all_points(work), repeats)
    points = len(WINDOWS) * len(THRESHOLDS)
    theirs, one = [], []
    for w, t in ((0, 10), (3, 25), (7, 40)):
        at = OperatingPoints((THRESHOLDS[t],) * len(CLASSES), (WINDOWS[w],) * len(CLASSES))
        found = decode_clips(
            work.scores, clips=work.names, grid=GRID, thresholds=at.thresholds, windows=at.windows, classes=CLASSES
        )
        lists = [(_as_dicts(work.reference[name]), _as_dicts(found[name])) for name in work.names]

        def judge(lists: list[tuple[list[Any], list[Any]]] = lists) -> Any:
            metric = EventBasedMetrics(
                event_label_list=list(CLASSES),
                t_collar=0.2,
                percentage_of_length=0.2,
                empty_system_output_handling="zero_score",
            )
            for truth, guess in lists:
                metric.evaluate(reference_event_list=truth, estimated_event_list=guess)
            return metric

        spent, metric = timed(judge, 3)
        theirs.append(spent)
        spent, cells = timed(lambda at=at: _cells(work, at), repeats)  # type: ignore[misc]
        one.append(spent)
        total = cells.total()
        for k, label in enumerate(CLASSES):
            want = tuple(int(metric.class_wise[label][name]) for name in ("Ntp", "Nfp", "Nfn"))
            for have in (
                (counts.tp[w, t, k], counts.fp[w, t, k], counts.fn[w, t, k]),
                (
                    total.tp[k],
                    total.fp[k],
                    total.fn[k],
                ),
            ):
                if tuple(map(int, have)) != want:
                    raise AssertionError(f"{label} at {WINDOWS[w]}, {THRESHOLDS[t]}: {have} is not {want}")
    each = statistics.mean(theirs)
    return {
        "operating_points": points,
        "ours_all_points_s": seconds,
        "ours_one_point_s": statistics.mean(one),
        "sed_eval_one_point_s": each,
        "sed_eval_points_timed": len(theirs),
        "sed_eval_all_points_s_extrapolated": each * points,
        "all_points_times_faster": each * points / seconds,
        "one_point_times_faster": each / statistics.mean(one),
        "answers": "equal at the points timed",
    }


def _cells(work: Work, at: OperatingPoints) -> Any:
    return cells_at(work.scores, work.reference, clips=work.names, grid=GRID, points=at, classes=CLASSES)


def _as_dicts(events: Sequence[Event]) -> list[dict[str, Any]]:
    return [{"onset": event.onset, "offset": event.offset, "event_label": event.label} for event in events]


def beside_sed_scores_eval(work: Work, repeats: int, python: Path | None) -> dict[str, Any]:
    """Best F1 over every distinct score and all windows."""
    seconds, _ = timed(lambda: best_of_all(work), repeats)
    ours = {"ours_s": seconds}
    if python is None:
        return ours | {"sed_scores_eval": "skipped: no --peer-python"}
    with tempfile.TemporaryDirectory() as folder:
        inputs, truth = Path(folder, "inputs.npz"), Path(folder, "reference.json")
        np.savez(inputs, scores=work.scores, windows=WINDOWS, edges=GRID.edges(), names=work.names, classes=CLASSES)
        truth.write_text(
            json.dumps({name: [(e.onset, e.offset, e.label) for e in work.reference[name]] for name in work.names})
        )
        script = Path(__file__).with_name("scoring_peer.py")
        words = [str(python), str(script), str(inputs), str(truth), "3"]
        peer = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    for window in WINDOWS:
        for label, have in zip(CLASSES, best_of_all(work, [window]), strict=True):
            want = peer["best_f1"][str(window)][label]
            if abs(have - want) > 1e-12:
                raise AssertionError(f"best F1 of {label} at {window} frames: {have} is not {want}")
    spent = peer["seconds"]
    fastest = min(spent["best_1_process"], spent["best_2_processes"])
    return ours | {
        "sed_scores_eval_s": spent,
        "sed_scores_eval_versions": peer["versions"],
        "times_faster_than_its_best_fscore_alone": fastest / seconds,
        "times_faster_with_filter_and_frames": (fastest + spent["filter"] + spent["frames"]) / seconds,
        "answers": "equal within 1e-12 for each class and window",
    }


def first_calls() -> dict[str, float]:
    """Seconds of the first call in a new process, with numba's cache empty and with it filled."""
    code = (
        "import time; from benchmarks.scoring import at_all_points, made_up; work = made_up(4); "
        "started = time.perf_counter(); at_all_points(work); print(time.perf_counter() - started)"
    )
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"NUMBA_CACHE_DIR": folder}
        seconds = [
            float(
                subprocess.run(
                    [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment
                ).stdout
            )
            for _ in range(2)
        ]
    return {"empty_cache_s": seconds[0], "filled_cache_s": seconds[1]}


def grow(clips: int) -> dict[str, float]:
    """Time and peak memory for so many clips; run in a process of its own."""
    best_of_all(made_up(4))
    at_all_points(made_up(4))
    work = made_up(clips)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grid_seconds, _ = timed(lambda: at_all_points(work), 3)
    grid_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    best_seconds, _ = timed(lambda: best_of_all(work), 3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "clips": clips,
        "scores_mb": work.scores.nbytes / 1e6,
        "before_mb": before / 1e3,
        "all_points_s": grid_seconds,
        "all_points_peak_mb": grid_peak / 1e3,
        "best_f1_s": best_seconds,
        "best_f1_peak_mb": peak / 1e3,
    }


def main(words: Sequence[str] | None = None) -> int:
    """Run all, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--peer-python", type=Path)
    parser.add_argument("--clips", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--largest", type=int, default=10_000)
    parser.add_argument("--grow", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args(words)
    if chosen.grow:
        sys.stdout.write(json.dumps(grow(chosen.grow)) + "\n")
        return 0
    from kd.machine import machine

    work = made_up(chosen.clips)
    at_all_points(work), best_of_all(work)  # compiles, or reads the cache
    sizes = [chosen.largest // 8, chosen.largest // 4, chosen.largest // 2, chosen.largest]
    command = [sys.executable, "-m", "benchmarks.scoring", "--grow"]
    grown = [
        json.loads(subprocess.run([*command, str(n)], check=True, capture_output=True, text=True).stdout) for n in sizes
    ]
    result = {
        "machine": machine(),
        "work": {
            "clips": chosen.clips,
            "frames": GRID.frames,
            "classes": len(CLASSES),
            "windows": WINDOWS,
            "thresholds": len(THRESHOLDS),
            "reference_events": sum(map(len, work.reference.values())),
        },
        "first_call": first_calls(),
        "all_operating_points": beside_sed_eval(work, chosen.repeats),
        "best_f1_over_every_score": beside_sed_scores_eval(work, chosen.repeats, chosen.peer_python),
        "growth": grown,
    }
    text = json.dumps(result, indent=1) + "\n"
    if chosen.out:
        chosen.out.write_text(text)
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
