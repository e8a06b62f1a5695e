"""How long a detector takes for one clip on this machine."""

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from kd.detection.detector import Detector
from kd.detection.listen import detect_files

WARM, TIMED = 2, 7


def median_latency(detector: Detector) -> float:
    """Median seconds from an audio file of one clip's length, of noise, to its events; the first runs do not count."""
    spec = detector.members[0].spec
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, round(spec.rate * spec.seconds))
    with tempfile.TemporaryDirectory(prefix="kd-") as folder:
        path = Path(folder) / "clip.wav"
        soundfile.write(path, noise, spec.rate)
        times = [_seconds(detector, path) for _ in range(WARM + TIMED)]
    return statistics.median(times[WARM:])


def _seconds(detector: Detector, path: Path) -> float:
    started = time.perf_counter()
    detect_files(detector, [path])
    return time.perf_counter() - started
