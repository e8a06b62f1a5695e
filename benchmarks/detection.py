"""Detection beside the clock: long recordings, memory, cold start, a server under load, and what windows cost in F1.

    python -m benchmarks.detection --data CORPUS [--model models:/kd-sed@merged] [--minutes 60,600] [--repeats 3]
        [--windows 0,30,60] [--server] [--out RESULT.json]

The recording is made of the corpus's reported clips, joined, at 44.1 kHz, and repeated to its length. Each figure of speed
is the median of several fresh processes. F1 is that of the joined clips, cut into windows of several lengths, against the
reference moved along.
"""

import argparse
import base64
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from kd.cost import peak_of
from kd.machine import machine

RATE = 44_100
REPORTED = "test/test"
LIVE_STEP = 1.0  # seconds between two looks where only F1 is wanted, which hardly depends on it


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="models:/kd-sed@merged")
    parser.add_argument("--minutes", default="60,600", help="lengths of recordings, comma-separated")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--windows", default="", help="seconds of windows whose F1 is wanted, such as 0,30,60")
    parser.add_argument("--server", action="store_true", help="also serve the model, from a registry")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args(words)
    from kd.detection.detector import load_detector
    from kd.tracking.detectors import detector_folder

    detector = load_detector(detector_folder(chosen.model)[0])
    found: dict[str, Any] = {"machine": machine(), "networks": [m.config.architecture for m in detector.members]}
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        folder = Path(place)
        clips = sorted((chosen.data / "audio" / "test").glob("*.wav"))
        for minutes in map(int, chosen.minutes.split(",")):
            path = recording(folder / f"{minutes}.flac", clips, seconds=60 * minutes)
            runs = [detect(path, chosen.model) for _ in range(chosen.repeats)]
            found[f"{minutes} minutes"] = summary(runs, seconds=60 * minutes)
            path.unlink()
            sys.stdout.write(json.dumps({minutes: found[f"{minutes} minutes"]}) + "\n")
        runs = [detect(clips[0], chosen.model) for _ in range(chosen.repeats)]
        found["one clip, cold"] = {"seconds": statistics.median(run["wall"] for run in runs)}
    if chosen.windows:
        found["windows"] = f1_of_windows(detector, chosen.data, [float(each) for each in chosen.windows.split(",")])
    if chosen.server:
        found["server"] = served(chosen.model, clips[0])
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    if chosen.out:
        chosen.out.write_text(json.dumps(found, indent=1) + "\n")
    return 0


def recording(path: Path, clips: Sequence[Path], *, seconds: int) -> Path:
    """The clips joined, resampled to 44.1 kHz, and repeated to a length."""
    from kd.audio.decode import decode

    joined = np.concatenate([decode(clip, rate=RATE, seconds=10.0)[0] for clip in clips[:360]])
    with soundfile.SoundFile(path, "w", RATE, 1, format="FLAC", subtype="PCM_16") as out:
        for start in range(0, seconds * RATE, len(joined)):
            out.write(joined[: seconds * RATE - start])
    return path


def detect(path: Path, model: str, *more: str) -> dict[str, float]:
    """Seconds and peak memory of `detect` in a new process."""
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        words = ["--audio", str(path), "--model", model, "--out", f"{place}/events.tsv", *more]
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "entrypoints.detect", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, peak_of(process.pid) or 0.0)
            time.sleep(0.02)
        if process.returncode:
            raise RuntimeError(f"detect failed on {path}")
    return {"wall": time.perf_counter() - begun, "megabytes": peak}


def summary(runs: Sequence[dict[str, float]], *, seconds: float) -> dict[str, float]:
    """Medians: wall seconds with start-up, times real time, peak megabytes."""
    wall = statistics.median(run["wall"] for run in runs)
    return {
        "seconds": wall,
        "times_real_time": seconds / wall,
        "megabytes": statistics.median(run["megabytes"] for run in runs),
    }


def f1_of_windows(detector: Any, data: Path, lengths: Sequence[float]) -> dict[str, Any]:
    """Macro event F1 of the reported clips as clips, and joined to one recording, by length of windows."""
    from kd.audio.decode import decode
    from kd.corpus.one_split import scored_split
    from kd.corpus.tables import Event
    from kd.detection.listen import Listener, detect_files, listen, listener_of
    from kd.listening.live import latency, live_cut
    from kd.scoring.event_f1 import event_based
    from kd.training.precision import fastest

    split, _ = scored_split(data, REPORTED, missing="error", cache=Path(tempfile.mkdtemp()) / "audio.json")
    paths = [clip.path for clip in split.clips if clip.path is not None]
    reference: dict[str, list[Event]] = {"joined": []}
    for number, clip in enumerate(split.clips):
        moved = [
            Event(e.onset + 10 * number, min(e.offset, 10.0) + 10 * number, e.label)
            for e in split.events.get(clip.name, ())
        ]
        reference["joined"] += moved
    names = [clip.name for clip in split.clips]
    truth = {name: split.events.get(name, ()) for name in names}
    apart = detect_files(detector, paths, precision=fastest())
    own = {name: apart[path] for name, path in zip(names, paths, strict=True)}
    found: dict[str, Any] = {"clip by clip": {"f1": event_based(truth, own, classes=detector.classes).macro.f1}}
    listeners = {
        f"{seconds:g} s": listener_of(detector, rate=16_000, seconds=seconds, precision=fastest())
        for seconds in lengths
    }
    cut = partial(live_cut, step=LIVE_STEP)
    listeners["live"] = Listener(detector, rate=16_000, cut=cut, precision=fastest(), pad=False)
    for name, listener in listeners.items():
        sound = (decode(path, rate=16_000, seconds=10.0)[0] for path in paths)
        begun = time.perf_counter()
        events = [event for heard in listen(listener, sound) for event in heard.events]
        scores = event_based(reference, {"joined": events}, classes=detector.classes)
        found[name] = {"f1": scores.macro.f1, "seconds": time.perf_counter() - begun}
    found["live"]["latency"] = latency(detector, partial(live_cut, step=0.25))
    return found


def served(model: str, clip: Path) -> dict[str, float]:
    """Milliseconds of a request, and of a hundred at once, by `mlflow models serve`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.prefix) / "bin" / "mlflow"
    env = {**os.environ, "PATH": f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}"}
    process = subprocess.Popen(
        [str(program), "models", "serve", "-m", model, "--env-manager", "local", "-p", str(port)],
        env=env, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    body = json.dumps({"dataframe_records": [{"audio": base64.b64encode(clip.read_bytes()).decode()}]}).encode()
    address = f"http://127.0.0.1:{port}/invocations"

    def ask(_: int = 0) -> float:
        request = urllib.request.Request(address, data=body, headers={"Content-Type": "application/json"})
        begun = time.perf_counter()
        with urllib.request.urlopen(request, timeout=300) as answer:
            answer.read()
        return time.perf_counter() - begun

    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5)
                break
            except OSError:
                time.sleep(0.2)
        alone = [ask() for _ in range(50)]
        begun = time.perf_counter()
        with ThreadPoolExecutor(100) as pool:
            together = list(pool.map(ask, range(100)))
        took = time.perf_counter() - begun
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
    return {
        "milliseconds": 1000 * statistics.median(alone),
        "hundred_at_once_seconds": took,
        "slowest_of_hundred_seconds": max(together),
        "requests_per_second": 100 / took,
    }


if __name__ == "__main__":
    sys.exit(main())
