"""Time per clip and memory as the corpus grows: training steps over a mapped feature store, and prediction of all of it.

    python -m benchmarks.scale [--clips 1000,4000,16000] [--steps 60] [--out RESULT.json]

Features are random. Each size runs in a process of its own. Memory: the most that the process had to itself (RssAnon),
sampled; pages of the mapped file come on top and are given back when memory is short.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FRAMES, MELS, CLASSES, BATCH = 240, 64, 10, 12


def write_features(path: Path, clips: int) -> None:
    """Random features as the store lays them out, a few clips at a time."""
    import numpy as np

    rng = np.random.default_rng(0)
    with path.open("wb") as out:
        for start in range(0, clips, 500):
            out.write(rng.normal(size=(min(500, clips - start), FRAMES, MELS)).astype(np.float32).tobytes())


def grow(path: Path, clips: int, steps: int) -> dict[str, Any]:
    """Train and predict with so many clips, in this process."""
    import numpy as np

    from benchmarks.training import our_network
    from kd.audio.store import ClipFeatures
    from kd.models.memory import keep_freed_memory
    from kd.training.data import TrainingSet
    from kd.training.fit import FitSettings, fit
    from kd.training.precision import fastest
    from kd.training.predict import predict

    keep_freed_memory()
    array = np.memmap(path, dtype=np.float32, mode="r", shape=(clips, FRAMES, MELS))
    features = ClipFeatures(array, np.arange(clips), np.full(clips, 10.0))
    targets = np.zeros((clips, FRAMES, CLASSES), np.float16)
    network = our_network("shallow")
    with Memory() as memory:
        fit(network, TrainingSet(features, targets), FitSettings(5, BATCH, precision=fastest()))
        started = time.perf_counter()
        fit(network, TrainingSet(features, targets), FitSettings(steps, BATCH, precision=fastest()))
        trained = time.perf_counter()
        logits = predict(network, features, precision=fastest())
        ended = time.perf_counter()
    return {
        "clips": clips,
        "training_ms_per_clip": 1e3 * (trained - started) / (steps * BATCH),
        "prediction_ms_per_clip": 1e3 * (ended - trained) / clips,
        "memory_mb": memory.most / 1e3,
        "memory_without_labels_and_logits_mb": memory.most / 1e3 - (targets.nbytes + 2 * logits.nbytes) / 1e6,
    }


class Memory:
    """The most anonymous memory that this process has had inside the block, in kB."""

    def __init__(self) -> None:
        self.most = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            lines = Path("/proc/self/status").read_text().splitlines()
            self.most = max(self.most, *(int(line.split()[1]) for line in lines if line.startswith("RssAnon")))


def main(words: Sequence[str] | None = None) -> int:
    """Run all sizes, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--clips", default="1000,4000,16000")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--grow", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args(words)
    if chosen.grow:
        sys.stdout.write(json.dumps(grow(Path(chosen.grow[0]), int(chosen.grow[1]), chosen.steps)) + "\n")
        return 0
    from kd.machine import machine

    rows = []
    for clips in map(int, chosen.clips.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "frames.f32"
            write_features(path, clips)
            command = [sys.executable, "-m", "benchmarks.scale", "--steps", str(chosen.steps), "--grow", str(path)]
            done = subprocess.run([*command, str(clips)], check=True, capture_output=True, text=True)
        rows.append(json.loads(done.stdout))
        sys.stdout.write(json.dumps(rows[-1]) + "\n")
    if chosen.out:
        chosen.out.write_text(json.dumps({"machine": machine(), "network": "shallow", "rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
