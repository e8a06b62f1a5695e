"""Events of sound files by an exported detector: numpy, soundfile and onnxruntime, nothing of kd.

    python docs/onnx_example.py FOLDER sound.wav [more.wav ...]

FOLDER is what `export` wrote (with features=true). Prints filename, onset, offset and label, separated by tabs. Files at
another rate than the networks' are resampled by scipy.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import soundfile


def samples_of(path, network):
    """The clip as a network reads it: mono, at its rate, cropped or padded to its length, (1, samples)."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    if rate != network["rate"]:
        from scipy.signal import resample_poly

        common = math.gcd(rate, network["rate"])
        mono = resample_poly(mono, network["rate"] // common, rate // common).astype(np.float32)
    mono = mono[: network["samples"]]
    return np.pad(mono, (0, network["samples"] - len(mono)))[None]


def on_grid(logits, own, grid):
    """Logits (frames, classes) of a network's own frames, interpolated to those of the whole detector."""
    if own == grid:
        return logits
    centres, wanted = (np.arange(g["frames"]) * g["hop"] + g["window"] / 2 for g in (own, grid))
    columns = [np.interp(wanted, centres, column) for column in logits.T.astype(np.float32)]
    return np.stack(columns, axis=1).astype(np.float16)


def median(scores, window):
    """Running median over an odd number of frames, ends repeated."""
    padded = np.pad(scores, window // 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, window), axis=1)


def events_of(scores, known, grid):
    """(onset, offset) in seconds of every run of scores (frames,) at or above the threshold."""
    edges = np.arange(grid["frames"] + 1) * grid["hop"] + (grid["window"] - grid["hop"]) / 2
    edges[0], edges[-1] = 0, grid["seconds"]
    active = median(scores, known["median_window"]) >= np.float64(known["threshold"])
    changes = np.flatnonzero(np.diff(np.concatenate([[False], active, [False]])))
    return [(min(edges[a], grid["seconds"]), min(edges[b], grid["seconds"])) for a, b in changes.reshape(-1, 2)]


def main(folder, paths):
    about = json.loads((Path(folder) / "export.json").read_text(encoding="utf-8"))
    sessions = [onnxruntime.InferenceSession(str(Path(folder) / each["file"])) for each in about["networks"]]
    sys.stdout.write("filename\tonset\toffset\tevent_label\n")
    for path in paths:
        logits = []
        for network, session in zip(about["networks"], sessions, strict=True):
            found = session.run(["logits"], {"samples": samples_of(path, network)})[0][0]
            logits.append(on_grid(found.astype(np.float16), network["grid"], about["grid"]))
        rows, seconds = [], soundfile.info(path).duration
        for known in about["classes"]:
            column = logits[known["network"]][:, known["column"]].astype(np.float32)
            scores = 0.5 * (1 + np.tanh(0.5 * column))
            rows += [(*event, known["name"]) for event in events_of(scores, known, about["grid"])]
        for onset, offset, label in sorted(rows):
            if onset < seconds:
                sys.stdout.write(f"{path}\t{onset:.6f}\t{min(offset, seconds):.6f}\t{label}\n")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
