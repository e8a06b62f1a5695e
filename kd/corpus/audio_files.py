"""What is known of an audio file without decoding it: its content's hash, its header, and what is wrong with it."""

import hashlib
import json
import os
import struct
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from kd.errors import UserError
from kd.files import atomic_write_text

CACHE_SCHEMA = 2
LOWEST_RATE, HIGHEST_RATE = 1_000, 768_000  # Hz; beyond them a header is broken rather than a recording poor
STREAMED = 0xFFFFFFFF - 1024  # a size near the largest, or none, is a writer's that could not go back to fill it in
SLACK = 64  # bytes; some writers count padding or the header itself


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """size in bytes, sha256 of the file, frames (samples per channel), rate in Hz; problem: "" or one line."""

    size: int
    sha256: str
    frames: int
    rate: int
    channels: int
    problem: str = ""

    @property
    def seconds(self) -> float:
        """The clip's length in seconds; 0 where the header cannot be read."""
        return self.frames / self.rate if self.rate else 0.0


def probe(path: Path) -> AudioFacts:
    """Hash a file and read its header; files of floating-point samples are decoded to find NaN and infinity."""
    import soundfile

    size, digest = 0, hashlib.sha256()
    try:
        with path.open("rb") as data:
            while block := data.read(1 << 20):
                size += len(block)
                digest.update(block)
        if not size:
            return AudioFacts(0, digest.hexdigest(), 0, 0, 0, "zero-length: the file has no bytes")
        with soundfile.SoundFile(str(path)) as sound:
            frames, rate, channels = sound.frames, sound.samplerate, sound.channels
            problem = "" if frames > 0 else "zero-length: no samples"
            if not problem and rate < LOWEST_RATE:
                problem = f"the header says {rate} samples per second, which is no sound"
            if not problem and sound.format in ("WAV", "WAVEX"):
                problem = wav_cut_short(path, size)
            if not problem and sound.subtype in ("FLOAT", "DOUBLE") and not _finite(sound):
                problem = "a sample is NaN or infinite"
        return AudioFacts(size, digest.hexdigest(), max(frames, 0), rate, channels, problem)
    except OSError as error:
        return AudioFacts(size, digest.hexdigest(), 0, 0, 0, f"unreadable: {error.strerror or error}")
    except (soundfile.SoundFileError, RuntimeError, ValueError) as error:
        text = " ".join(str(getattr(error, "error_string", error)).split())
        return AudioFacts(size, digest.hexdigest(), 0, 0, 0, f"unreadable: {text.rstrip('.')}")


def probe_all(paths: Iterable[Path], *, cache: Path | None = None) -> dict[Path, AudioFacts]:
    """Facts of many files, probed in threads. `cache`: a JSON file that spares files unchanged in size and time.

    An unreadable cache is made anew. Raises UserError where a file vanishes meanwhile.
    """
    known = _read_cache(cache)
    facts: dict[Path, AudioFacts] = {}
    stamps: dict[Path, list[int]] = {}
    for path in dict.fromkeys(paths):
        try:
            stat = path.stat()
        except OSError as error:
            raise UserError(f"{path}: cannot be read: {error.strerror or error}", "check the audio folder") from None
        stamps[path] = [stat.st_size, stat.st_mtime_ns]
        entry = known.get(str(path))
        if entry is not None and entry[0] == stamps[path]:
            facts[path] = entry[1]
    new = [path for path in stamps if path not in facts]
    if new:
        with ThreadPoolExecutor(max_workers=min(16, os.cpu_count() or 1)) as threads:
            facts.update(zip(new, threads.map(probe, new), strict=True))
        if cache is not None:
            _write_cache(cache, known | {str(p): (stamps[p], facts[p]) for p in new})
    return {path: facts[path] for path in stamps}


def wav_cut_short(path: Path, size: int) -> str:
    """One line where a RIFF file ends before the samples its header promises: libsndfile plays what is there."""
    with path.open("rb") as data:
        if data.read(4) != b"RIFF":
            return ""
        place = 12
        while place + 8 <= size:
            data.seek(place)
            name, length = struct.unpack("<4sI", data.read(8))
            if name == b"data":
                there = size - place - 8
                short = 0 < length < STREAMED and length - there > SLACK
                return f"cut short: {there} of {length} bytes of samples" if short else ""
            place += 8 + length + length % 2
    return ""


def _finite(sound: object) -> bool:
    import numpy as np

    blocks = sound.blocks(blocksize=1 << 18, dtype="float64")  # type: ignore[attr-defined]
    return all(bool(np.isfinite(block).all()) for block in blocks)


def _read_cache(cache: Path | None) -> dict[str, tuple[list[int], AudioFacts]]:
    if cache is None:
        return {}
    try:
        stored = json.loads(cache.read_text(encoding="utf-8"))
        if stored["schema"] != CACHE_SCHEMA:
            return {}
        return {path: (list(stamp), AudioFacts(**entry)) for path, (stamp, entry) in stored["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _write_cache(cache: Path, files: dict[str, tuple[list[int], AudioFacts]]) -> None:
    table = {path: [stamp, asdict(entry)] for path, (stamp, entry) in files.items()}
    atomic_write_text(cache, json.dumps({"schema": CACHE_SCHEMA, "files": table}))
