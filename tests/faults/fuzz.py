"""Broken tables, score files, audio and requests by the thousand: `python -m tests.faults.fuzz --tables 1000000`.

Each is a real one with bytes changed, cut, repeated or swapped in. What reads it must return what it promises or raise
UserError; anything else, a crash of the process included, is a finding and is kept.
"""

import argparse
import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kd.errors import UserError

Read = Callable[[Path], None]
PIECES = (
    b"\t", b",", b"\n", b"\r\n", b'"', b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"nan", b"inf", b"-1", b"1e999", b"1e308",
    b"0x10", b"1_0", b" ", b"../", b"/", b"\\", b"..", b".", b"a.wav", b"filename", b"onset", b"offset", b"event_label",
    b"event_labels", b"Dog", b"\xf0\x9f\x90\xb6", b"\xe2\x80\xae", b"\x1b[2J", b"\x85", b"\xe2\x80\xa8", b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"{}", b"[]", b"null", b"<script>",
)  # fmt: skip
STRONG = (
    b"filename\tonset\toffset\tevent_label\na.wav\t0.5\t1.25\tDog\nb.wav\t\t\t\nc.wav\t2\t9.75\tAlarm_bell_ringing\n"
)
WEAK = b"filename\tevent_labels\na.wav\tDog,Cat\nb.wav\t\nc.wav\tSpeech\n"
NAMES = b"filename\na.wav\nYb-2.wav\nc d.wav\n"
SCORES = b"onset\toffset\tCat\tDog\n0.0\t0.5\t0.25\t0.75\n0.5\t1.0\t1e-3\t1\n1.0\t1.5\t0\t0.5\n"
META = b"filename\tscene_label\tidentifier\naudio/a.wav\tbeach\tlisbon-1\naudio/b.wav\tbus\tparis-2\n"


def spoilt(data: bytes, rng: random.Random) -> bytes:
    """A few changes."""
    made = bytearray(data)
    for _ in range(1 + min(rng.getrandbits(2), rng.getrandbits(3))):
        at, kind = rng.randrange(len(made) + 1), rng.randrange(7)
        end = min(len(made), at + 1 + rng.randrange(1 + (len(made) >> rng.randrange(8))))
        if kind == 0:
            made[at:at] = rng.choice(PIECES)
        elif kind == 1:
            made[at:end] = rng.choice(PIECES)
        elif kind == 2:
            del made[at:end]
        elif kind == 3:
            made[at:at] = made[at:end] * rng.choice((1, 2, 30))
        elif kind == 4 and at < len(made):
            made[at] ^= 1 << rng.randrange(8)
        elif kind == 5:
            del made[at:]
        elif at < len(made):
            made[at:end] = rng.randbytes(end - at)
    return bytes(made)


def read_any_table(path: Path) -> None:
    """A label table: what is returned holds what it promises."""
    from kd.corpus.tables import read_events, read_names, read_table_kind, read_weak

    kind = read_table_kind(path)
    if kind == "strong":
        for name, events in read_events(path).items():
            _check_name(name)
            for event in events:
                assert 0 <= event.onset < event.offset < float("inf") and event.label.strip() == event.label != ""
    elif kind == "weak":
        for name, classes in read_weak(path).items():
            _check_name(name)
            assert all(classes) and len(set(classes)) == len(classes)
    else:
        for name in read_names(path):
            _check_name(name)


def _check_name(name: str) -> None:
    place = Path("/corpus/audio") / name
    assert name and ".." not in place.parts and not Path(name).is_absolute() and "\x00" not in name, name


def read_scores(path: Path) -> None:
    """A folder of one score file."""
    from kd.scoring.score_files import read_score_files

    found = read_score_files(path.parent)
    for scores in found.scores.values() if isinstance(found.scores, dict) else [np.asarray(found.scores)]:
        assert np.isfinite(scores).all()


def read_scenes(path: Path) -> None:
    """The table of a scene corpus."""
    from kd.scenes.tables import read_meta

    for name in read_meta(path):
        assert ".." not in Path(name).parts and not Path(name).is_absolute()


def read_audio(path: Path) -> None:
    """A sound file, as features and as facts."""
    from kd.audio.decode import decode
    from kd.corpus.audio_files import probe

    facts = probe(path)
    samples, seconds = decode(path, rate=16_000, seconds=0.5)
    assert samples.shape == (8000,) and samples.dtype == np.float32 and np.isfinite(samples).all()
    assert 0 < seconds < float("inf") and facts.seconds >= 0


def tables() -> list[tuple[str, bytes, Read]]:
    return [
        ("x.tsv", STRONG, read_any_table),
        ("x.tsv", WEAK, read_any_table),
        ("x.tsv", NAMES, read_any_table),
        ("x.csv", STRONG.replace(b"\t", b","), read_any_table),
        ("scores/a.tsv", SCORES, read_scores),
        ("meta.csv", META, read_scenes),
    ]


def sounds() -> list[tuple[str, bytes, Read]]:
    """A short sound in every container that libsndfile writes here."""
    import io

    import soundfile

    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (1600, 2)).astype(np.float32)
    made = []
    for kind, subtype, channels, rate in (
        ("WAV", "PCM_16", 1, 16_000), ("WAV", "FLOAT", 2, 44_100), ("WAV", "PCM_24", 1, 48_000), ("FLAC", "PCM_16", 1, 16_000),
        ("OGG", "VORBIS", 2, 32_000), ("MP3", "MPEG_LAYER_III", 1, 16_000), ("AIFF", "PCM_16", 1, 8_000),
    ):  # fmt: skip
        out = io.BytesIO()
        soundfile.write(out, noise[:, :channels], rate, format=kind, subtype=subtype)
        made.append((f"x.{kind.lower()}", out.getvalue(), read_audio))
    return made


@dataclass(frozen=True)
class Share:
    """What one process does: inputs number `first`, `first + step`, … below `count`, but for those it may not survive."""

    what: str
    first: int
    step: int
    count: int
    seed: int
    without: frozenset[int] = frozenset()


def worked(share: Share, place: Path) -> tuple[Counter[str], list[tuple[int, str]]]:
    """Read every input of a share; how each ended, and what is a finding."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # decoders of MP3 tell there what they think of each file
    sources = {"tables": tables, "audio": sounds}[share.what]()
    ends: Counter[str] = Counter()
    findings: list[tuple[int, str]] = []
    last = place / f"last-{share.what}-{share.first}"
    for number in range(share.first, share.count, share.step):
        if number in share.without:
            continue
        rng = random.Random(f"{share.seed}-{share.what}-{number}")
        name, data, read = sources[number % len(sources)]
        path = place / str(share.first) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(spoilt(data, rng))
        if share.what == "audio":
            last.write_text(str(number))  # whatever ends this process, the input is known
        try:
            read(path)
            ends["read"] += 1
        except UserError as error:
            assert error.message and "\n" not in error.message
            ends["refused"] += 1
        except Exception as error:
            ends["finding"] += 1
            findings.append((number, f"{name}: {type(error).__name__}: {str(error)[:200]}"))
    return ends, findings


def ran(share: Share, place: Path) -> tuple[Counter[str], list[tuple[int, str]]]:
    """`worked` in a process of its own, begun anew without an input that ended the process."""
    ended: list[tuple[int, str]] = []
    context = multiprocessing.get_context("fork")
    while True:
        mine, yours = context.Pipe()
        process = context.Process(target=lambda link, s: link.send(worked(s, place)), args=(yours, share))
        process.start()
        yours.close()
        try:
            ends, findings = mine.recv()
            process.join()
            return ends + Counter({"finding": len(ended)}), findings + ended
        except EOFError:
            process.join()
            number = int((place / f"last-{share.what}-{share.first}").read_text())
            ended.append((number, f"the process ended with {process.exitcode}"))
            share = replace(share, without=share.without | {number})


def fuzzed(what: str, count: int, *, seed: int = 0, processes: int = 1) -> dict[str, Any]:
    """Read `count` spoilt inputs of a kind; how many were read, refused, and what was found."""
    from concurrent.futures import ThreadPoolExecutor

    start = time.monotonic()
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else None) as place:
        shares = [Share(what, first, processes, count, seed) for first in range(processes)]
        with ThreadPoolExecutor(processes) as pool:
            parts = list(pool.map(partial(ran, place=Path(place)), shares))
    ends = sum((ends for ends, _ in parts), Counter[str]())
    findings = [found for _, found in parts for found in found]
    return {"inputs": sum(ends.values()), **ends, "seconds": round(time.monotonic() - start, 1), "findings": findings}


def bodies(rng: random.Random, audio: Sequence[bytes]) -> bytes:
    """A request's body: a valid one, or what became of it."""
    import base64

    frames = {
        "dataframe_split": {"columns": ["audio"], "data": [[base64.b64encode(rng.choice(audio)).decode()]]},
        "dataframe_records": [{"samples": [0.0, 0.1] * 50, "rate": rng.choice((16_000, 0, -1, 8_000, 10**12, None))}],
        "inputs": {"audio": [base64.b64encode(spoilt(rng.choice(audio), rng)).decode()]},
        "instances": [{"path": rng.choice(("/etc/passwd", "x.wav", "../x", "", "http://x/y.wav"))}],
    }
    key = rng.choice(sorted(frames))
    body: dict[str, Any] = {key: frames[key]}
    if rng.random() < 0.3:
        body["params"] = {rng.choice(("scores", "window_seconds", "x")): rng.choice((True, -1, "a", None, 1e9, [1]))}
    data = json.dumps(body).encode()
    return data if rng.random() < 0.3 else spoilt(data, rng)


def main() -> int:
    """Fuzz, tell, write what was found."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tables", type=int, default=0)
    asked.add_argument("--audio", type=int, default=0)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--processes", type=int, default=2)
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    found = {
        what: fuzzed(what, count, seed=given.seed, processes=given.processes)
        for what, count in (("tables", given.tables), ("audio", given.audio))
        if count
    }
    text = json.dumps(found, indent=1)
    sys.stdout.write(text + "\n")
    if given.out:
        given.out.write_text(text + "\n")
    return int(any(each["findings"] for each in found.values()))


if __name__ == "__main__":
    sys.exit(main())
