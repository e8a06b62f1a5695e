"""Sound events in WAV files: one file, numpy and onnxruntime, nothing else.

    python detect.py sound.wav [more.wav ...]        filename, onset, offset in seconds and label, separated by tabs
    python detect.py --time 20 sound.wav             how long that takes, a few times over, on one core

Recordings of any length and rate are read piece by piece. The networks are in this file, at its end.
"""

import base64
import json
import math
import struct
import sys
import time
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnxruntime

PCM, FLOATS, EXTENSIBLE = 1, 3, 0xFFFE
MOST_TAPS = 2_000_000
Array = Any  # of numpy
About = dict[str, Any]


class Refused(Exception):
    """A file that is not read, and why."""


class Wav:
    """A WAV file of PCM of 8 to 32 bits, or of floating point: `read` gives mono samples in [-1, 1]."""

    def __init__(self, path: str) -> None:
        self.file = open(path, "rb")  # noqa: SIM115
        head = self.file.read(12)
        if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
            raise Refused("is no WAV file")
        kind = size = None
        while size is None:
            chunk = self.file.read(8)
            if len(chunk) < 8:
                raise Refused("holds no sound")
            name, length = chunk[:4], struct.unpack("<I", chunk[4:])[0]
            if name == b"fmt ":
                about = self.file.read(length + length % 2)
                kind, self.channels, self.rate, _, self.width, self.bits = struct.unpack("<HHIIHH", about[:16])
                if kind == EXTENSIBLE and len(about) >= 26:
                    kind = struct.unpack("<H", about[24:26])[0]
            elif name == b"data":
                self.start, size = self.file.tell(), length
            else:
                self.file.seek(length + length % 2, 1)
        known = {(PCM, 8), (PCM, 16), (PCM, 24), (PCM, 32), (FLOATS, 32), (FLOATS, 64)}
        if (kind, self.bits) not in known or not self.channels or self.width * 8 != self.channels * self.bits:
            raise Refused("holds samples of a kind that is not read: save it as 16-bit PCM")
        if not self.rate:
            raise Refused("says 0 samples per second")
        self.floats = kind == FLOATS
        self.file.seek(0, 2)
        self.length = min(size, self.file.tell() - self.start) // self.width  # a recorder may not have said its size
        if not self.length:
            raise Refused("holds no sound")

    def read(self, start: int, stop: int) -> Array:
        """Samples start to stop, zeros beyond the ends."""
        first, last = min(max(start, 0), self.length), min(max(stop, 0), self.length)
        self.file.seek(self.start + first * self.width)
        raw = self.file.read((last - first) * self.width)
        values: Array
        if self.floats:
            values = np.frombuffer(raw, f"<f{self.bits // 8}").astype(np.float32)
        elif self.bits == 8:
            values = (np.frombuffer(raw, np.uint8).astype(np.float32) - 128) / 128
        elif self.bits == 24:
            parts = np.frombuffer(raw, np.uint8).reshape(-1, 3).astype(np.int32)
            values = ((parts[:, 0] << 8 | parts[:, 1] << 16 | parts[:, 2] << 24) >> 8).astype(np.float32) / 2**23
        else:
            values = np.frombuffer(raw, f"<i{self.bits // 8}").astype(np.float32) / 2 ** (self.bits - 1)
        if not np.isfinite(values).all():
            raise Refused("holds samples that are not finite")
        mono = values.reshape(-1, self.channels).mean(axis=1, dtype=np.float32)
        return np.pad(mono, (first - start if start < first else 0, stop - last if stop > last else 0))


class Sound:
    """A WAV file at the rate of a network: `read` gives samples, by a windowed sinc where the file has another rate."""

    def __init__(self, wav: Wav, rate: int) -> None:
        common = math.gcd(wav.rate, rate)
        self.wav, self.step, self.phases = wav, wav.rate // common, rate // common
        self.length = -(-wav.length * self.phases // self.step)
        if self.step == self.phases:
            return
        lowest = 0.99 * min(self.step, self.phases)
        self.reach = math.ceil(6 * self.step / lowest)
        if self.phases * (2 * self.reach + self.step) > MOST_TAPS:
            raise Refused(f"has {wav.rate} samples per second, which {rate} and it share no divisor of: resample it")
        offsets = np.arange(-self.reach, self.reach + self.step) / self.step
        t = lowest * (offsets - np.arange(self.phases)[:, None] / self.phases)
        window = np.cos(np.clip(t, -6, 6) * np.pi / 12) ** 2
        self.kernel = (np.sinc(np.clip(t, -6, 6)) * window * lowest / self.step).astype(np.float32)

    def read(self, start: int, stop: int) -> Array:
        """Samples start to stop at the network's rate."""
        if self.step == self.phases:
            return self.wav.read(start, stop)
        first, last = start // self.phases, -(-stop // self.phases)
        near = self.wav.read(first * self.step - self.reach, last * self.step + self.reach)
        seen = np.lib.stride_tricks.sliding_window_view(near, self.kernel.shape[1])[:: self.step]
        return (seen @ self.kernel.T).reshape(-1)[start - first * self.phases : stop - first * self.phases]


def filterbank(spec: About) -> Array:
    """Triangles of equal area, evenly spaced on Slaney's mel scale: (bins, mels)."""
    top = spec["fmax"] or spec["rate"] / 2
    step = math.log(6.4) / 27
    mels = np.linspace(0, top * 3 / 200 if top < 1000 else 15 + math.log(top / 1000) / step, spec["mels"] + 2)
    corners = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp(step * (np.maximum(mels, 15) - 15)))
    bins = np.fft.rfftfreq(spec["window"], 1 / spec["rate"])
    rising = (bins[:, None] - corners[:-2]) / np.diff(corners)[:-1]
    falling = (corners[2:] - bins[:, None]) / np.diff(corners)[1:]
    bank = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    return (bank * (2 / (corners[2:] - corners[:-2]))).astype(np.float32)


class Network:
    """One network with the log-mel that it reads."""

    def __init__(self, about: About, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        data = base64.b64decode(about["onnx"])
        self.session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        self.about, self.spec, self.cut = about, about["spec"], about["windows"]
        window = self.spec["window"]
        self.hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)).astype(np.float32)
        self.bank = filterbank(self.spec)

    def log_mel(self, samples: Array) -> Array:
        """(samples,) to (frames, mels)."""
        spec = self.spec
        frames = np.lib.stride_tricks.sliding_window_view(samples, spec["window"])[:: spec["hop"]]
        spectrum = np.fft.rfft((frames * self.hann).astype(np.float64))
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        bands = np.log(np.maximum(power @ self.bank, np.float32(spec["floor"])))
        if spec["scaling"] != "min-max":
            return bands
        return (bands - bands.min()) / (bands.max() - bands.min() + np.float32(1e-6))

    def logits(self, wav: Wav) -> Array:
        """Of a whole file, window by window, (frames, classes); what lies at a window's end is its neighbour's."""
        spec, cut, stride, found = self.spec, self.cut, self.about["stride"], []
        sound = Sound(wav, spec["rate"])
        samples = max(sound.length, self.about["samples"])
        total, done = 1 + (samples - spec["window"]) // spec["hop"], 0
        while done < total:
            end = min(max(done + cut["step"] + cut["after"], cut["length"]), total)
            begin = max(0, end - cut["length"]) // stride * stride
            until = total if end == total else end - cut["after"]
            heard = sound.read(begin * spec["hop"], (end - 1) * spec["hop"] + spec["window"])
            given = self.session.run(["logits"], {"features": self.log_mel(heard)[None]})[0][0]
            found.append(given[(done - begin) // stride : -(-(until - begin) // stride)])
            done = until
        return np.concatenate(found).astype(np.float16)


class Detector:
    """Events of WAV files."""

    def __init__(self, about: About, threads: int = 1) -> None:
        self.about = about
        self.networks = [Network(each, threads) for each in about["networks"]]

    def events(self, path: str) -> list[tuple[float, float, str]]:
        """(onset, offset, label) of every event, in seconds, in order."""
        wav = Wav(path)
        grid, seconds = self.about["grid"], wav.length / wav.rate
        logits = [each.logits(wav) for each in self.networks]
        fine = next(i for i, each in enumerate(self.networks) if each.about["grid"]["hop"] == grid["hop"])
        frames, rows = len(logits[fine]), []
        for known in self.about["classes"]:
            column = self.column(known["from"], logits, frames)
            scores = median(0.5 * (1 + np.tanh(0.5 * column.astype(np.float32))), known["median_window"])
            turns = runs(scores, known["threshold"], known["depth"])
            edges = turns * grid["hop"] + (grid["window"] - grid["hop"]) / 2
            edges[turns == 0], edges[turns == frames] = 0, math.inf
            rows += [(a, min(b, seconds), known["name"]) for a, b in edges.reshape(-1, 2) if a < seconds]
        return sorted(rows)

    def column(self, sources: Sequence[Mapping[str, Any]], logits: Sequence[Array], frames: int) -> Array:
        """A class's logits (frames,): columns of networks, each on the frames of the whole, times their shares."""
        grid, found = self.about["grid"], []
        for each in sources:
            column, own = logits[each["network"]][:, each["column"]], self.networks[each["network"]].about["grid"]
            if own != grid:
                at, to = (np.arange(n) * g["hop"] + g["window"] / 2 for n, g in ((len(column), own), (frames, grid)))
                column = np.interp(to, at, column.astype(np.float32)).astype(np.float16)
            found.append(column)
        if len(found) == 1:
            return found[0]
        shares = [np.float32(each["share"]) for each in sources]
        return sum(s * c.astype(np.float32) for s, c in zip(shares, found, strict=True)).astype(np.float16)


def runs(scores: Array, threshold: float, depth: float) -> Array:
    """Where runs of frames at or above the threshold less the depth, in logits, begin and end that reach the threshold."""
    p = scores.astype(np.float64)
    above = (p * np.exp(depth) / (1 + p * np.expm1(depth))).astype(np.float32) if depth else scores
    turns = np.flatnonzero(np.diff(np.concatenate([[False], above >= np.float64(threshold), [False]])))
    kept = [scores[a:b].max() >= np.float64(threshold) for a, b in turns.reshape(-1, 2)]
    return turns[np.repeat(np.array(kept, bool), 2)]


def median(scores: Array, window: int) -> Array:
    """Running median over an odd number of frames, ends repeated."""
    if window == 1:
        return scores
    padded = np.pad(scores, window // 2, mode="edge")
    views = np.lib.stride_tricks.sliding_window_view(padded, window)
    return np.partition(views, window // 2, axis=1)[:, window // 2]


def timed(detector: Detector, path: str, times: int) -> str:
    """The median of so many passes over a file, after two that do not count, and the memory that was needed."""
    taken = []
    for _ in range(2 + times):
        begun = time.perf_counter()
        detector.events(path)
        taken.append(time.perf_counter() - begun)
    return f"{1000 * sorted(taken[2:])[times // 2]:.2f} ms{memory()}"


def memory() -> str:
    """The most memory that this process has had, where the system says it."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            kilobytes = next(line.split()[1] for line in file if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return ""
    return f"\t{int(kilobytes) / 1024:.0f} MB"


def main(words: list[str]) -> int:
    """The exit code: 0, or 2 where a file was not read."""
    times = 0
    if words[:1] == ["--time"] and len(words) > 1 and words[1].isdecimal() and int(words[1]):
        times, words = int(words[1]), words[2:]
    if not words or words[0].startswith("-"):
        sys.stderr.write(__doc__)
        return 2
    detector, code = Detector(json.loads(zlib.decompress(base64.b64decode(DETECTOR)))), 0
    sys.stdout.write("" if times else "filename\tonset\toffset\tevent_label\n")
    for path in words:
        try:
            if times:
                sys.stdout.write(f"{path}\t{timed(detector, path, times)}\n")
                continue
            for onset, offset, label in detector.events(path):
                sys.stdout.write(f"{path}\t{onset:.6f}\t{offset:.6f}\t{label}\n")
        except (OSError, Refused, struct.error) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            sys.stderr.write(f"error: {path}: {reason}\n")
            code = 2
    return code


DETECTOR = ""

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
