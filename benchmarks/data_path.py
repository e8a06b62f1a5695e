"""Audio files to stored features, and scores smoothed by twelve medians, beside librosa and scipy.

    python -m benchmarks.data_path [--clips 120] [--repeats 7] [--out RESULT.json]

- extraction: generated 10 s WAV clips at 44.1 kHz to log-mel at 16 and 32 kHz, into a new feature store with all cores;
  the peer is a plain loop over librosa.load, librosa.feature.melspectrogram, log and np.save in one process. numpy's
  BLAS threads can slow it down where other processes run: it is timed with its default and with one, and the ratio is
  to the faster. Both start warm: packages are imported, kernels and filterbanks made. The resamplers differ (torchaudio's
  sinc, librosa's soxr), so that the answers are compared by their median difference alone.
- smoothing: 300 clips of 240 frames, 10 classes, 12 windows; the peer is `scipy.ndimage.median_filter` in a loop. Equal.

Every number is the median of several calls, ours and the peer's in turns. The load average, taken at the end, tells of
other processes: on cores that are taken, ours has no more of them than the peer.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from benchmarks.turns import Side, in_turns, line_of, serve
from kd.audio.spec import FeatureSpec, s1
from kd.audio.store import FeatureStore, Source
from kd.engines.local import cores
from kd.scoring.median import median_filter

WINDOWS = (1, 3, 5, 7, 9, 13, 17, 21, 25, 31, 37, 41)
OWN = 44_100
SECONDS = 10.0


def made_up(folder: Path, clips: int) -> list[Source]:
    """Noise with a few tones that come and go."""
    rng = np.random.default_rng(0)
    times = np.arange(round(OWN * SECONDS)) / OWN
    sources = []
    for i in range(clips):
        sound = 0.02 * rng.standard_normal(len(times))
        for _ in range(3):
            onset = rng.uniform(0, 8)
            inside = (times >= onset) & (times < onset + 2)
            sound += 0.2 * inside * np.sin(2 * np.pi * rng.uniform(100, 6000) * times)
        path = folder / f"{i}.wav"
        soundfile.write(path, sound, OWN)
        sources.append(Source(path, sha256(path.read_bytes()).hexdigest()))
    return sources


def stored(sources: Sequence[Source], spec: FeatureSpec) -> float:
    """Seconds of ours."""
    with tempfile.TemporaryDirectory() as folder:
        store = FeatureStore(Path(folder), spec)
        started = time.perf_counter()
        store.get(sources, workers=cores())
        return time.perf_counter() - started


def librosa_loop(paths: Sequence[Path], spec: FeatureSpec, folder: Path) -> None:
    """The peer's work."""
    import librosa

    for path in paths:
        samples, _ = librosa.load(path, sr=spec.rate)
        power = librosa.feature.melspectrogram(
            y=samples, sr=spec.rate, n_fft=spec.window, hop_length=spec.hop, n_mels=spec.mels, center=False
        )
        np.save(folder / path.stem, np.log(np.maximum(power, spec.floor)).T)


def peer_of(paths: Sequence[Path], rate: int, out: Path, *, blas_threads: int = 0) -> Side:
    """The librosa loop in a process of its own, which waits for its turns."""
    out.mkdir()
    more = {"OPENBLAS_NUM_THREADS": str(blas_threads)} if blas_threads else {}
    return Side(["-m", "benchmarks.data_path", "--peer", str(rate), str(out), *map(str, paths)], more=more)


def answer(words: Sequence[str]) -> int:
    """In the peer's process."""
    spec, out, paths = s1(rate=int(words[0]), seconds=SECONDS), Path(words[1]), [Path(word) for word in words[2:]]
    serve({"loop": lambda: partial(librosa_loop, paths, spec, out)})
    return 0


def extraction(sources: Sequence[Source], rate: int, folder: Path, repeats: int) -> dict[str, Any]:
    """Ours beside librosa's loop with its default BLAS threads and with one."""
    spec = s1(rate=rate, seconds=SECONDS)
    paths = [source.path for source in sources]
    out = folder / f"peer-{rate}"
    peers = {
        "default": peer_of(paths, rate, out),
        "one": peer_of(paths, rate, folder / f"peer-{rate}-1", blas_threads=1),
    }
    works = {name: peer.work("loop") for name, peer in peers.items()}
    seconds = in_turns({"ours": partial(stored, sources, spec), **works}, repeats=repeats)
    for peer in peers.values():
        peer.close()
    ours, default, one = seconds["ours"], seconds["default"], seconds["one"]
    features = FeatureStore(folder / f"ours-{rate}", spec).get(sources, workers=cores())
    theirs = np.stack([np.load(out / f"{path.stem}.npy") for path in paths])
    difference = float(np.median(np.abs(features.batch(np.arange(len(sources))) - theirs)))
    if difference > 0.02:
        raise AssertionError(f"features differ by {difference} in the median")
    return {
        "work": f"{len(sources)} clips of 10 s at 44.1 kHz to log-mel at {rate} Hz, stored",
        "peer": "librosa in a loop",
        "ours_s": ours,
        "peer_s": min(default, one),
        "peer_default_blas_threads_s": default,
        "peer_one_blas_thread_s": one,
        "ratio": min(default, one) / ours,
        "ratio_to_default": default / ours,
        "clips_per_second": len(sources) / ours,
        "median_difference": difference,
    }


def smoothing(repeats: int) -> dict[str, Any]:
    """Ours beside scipy's, answers equal."""
    from scipy.ndimage import median_filter as scipys

    scores = np.random.default_rng(0).random((10, 300, 240), dtype=np.float32)

    def run(filtered: Callable[[npt.NDArray[np.float32], int], npt.NDArray[np.float32]]) -> float:
        started = time.perf_counter()
        for of_class in scores:
            for window in WINDOWS:
                filtered(of_class, window)
        return time.perf_counter() - started

    def peer(of_class: npt.NDArray[np.float32], window: int) -> npt.NDArray[np.float32]:
        found: npt.NDArray[np.float32] = scipys(of_class, size=(1, window), mode="nearest")
        return found

    for of_class in scores:
        for window in WINDOWS:
            np.testing.assert_array_equal(median_filter(of_class, window), peer(of_class, window))
    seconds = in_turns({"ours": partial(run, median_filter), "peer": partial(run, peer)}, repeats=repeats)
    ours, theirs = seconds["ours"], seconds["peer"]
    return {
        "work": "300 clips x 240 frames x 10 classes smoothed with 12 windows",
        "peer": "scipy.ndimage.median_filter in a loop",
        "ours_s": ours,
        "peer_s": theirs,
        "ratio": theirs / ours,
        "answers": "equal",
    }


def main(words: Sequence[str] | None = None) -> int:
    """Run all, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--clips", type=int, default=120)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--peer", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args(words)
    if chosen.peer:
        return answer(chosen.peer)
    from kd.machine import machine

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        sources = made_up(folder, chosen.clips)
        rows = [extraction(sources, rate, folder, chosen.repeats) for rate in (16_000, 32_000)]
    rows.append(smoothing(chosen.repeats))
    for row in rows:
        sys.stdout.write(line_of(row))
    result = {"machine": machine(), "load_average": os.getloadavg(), "rows": rows}
    if chosen.out:
        chosen.out.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
