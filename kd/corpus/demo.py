"""The demo corpus: ten procedurally made classes in the DESED layout. No download, no licence, seconds to make."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kd.corpus.demo_files import made_whole, write_wav
from kd.corpus.demo_foreign import FOREIGN, background
from kd.corpus.demo_sounds import CLASSES, LONG, SHORT
from kd.corpus.demo_synth import RATE, Rng, Signal, add
from kd.corpus.tables import Event, tidy, write_events
from kd.files import atomic_write_text, sync_folder

VERSION = 2  # of what the generator makes; part of the folder's name, so that a changed demo is a new corpus
SECONDS = 10.0
SNR = (3.0, 20.0)  # dB of an event over its background
FOREIGN_SNR = (-2.0, 12.0)
HOW_MANY = (0.04, 0.40, 0.38, 0.18)  # chances of 0, 1, 2 and 3 classes in a clip
DISTRACTED = 0.2  # chance of a sound of no class in a clip


@dataclass(frozen=True)
class DemoCounts:
    """Clips per split."""

    weak: int = 120
    in_domain: int = 240
    out_of_domain: int = 80
    strong: int = 40
    validation: int = 200
    test: int = 150


@dataclass(frozen=True)
class _Plan:
    split: str
    audio: str
    kind: str
    count: int


def make_demo(
    root: Path | str,
    *,
    seed: int = 0,
    counts: DemoCounts | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Make the demo corpus at `root`, which must be absent or empty: 10 s clips, mono, 16 kHz, 16 bit.

    It is made in a folder beside and renamed into place, so it is whole or absent. The same seed and counts give the
    same files, bit for bit, on one set of versions. progress: called with (clips made, clips in all).

    Raises UserError where the place holds something or cannot be written.
    """
    plans = _plans(counts or DemoCounts())
    total = sum(plan.count for plan in plans)

    def make(work: Path) -> Iterator[None]:
        for plan in plans:
            yield from _make_split(work, plan, seed)

    made_whole(Path(root).absolute(), make, total=total, megabytes=total * 0.32 + 1, progress=progress)


def make_clip(rng: Rng, *, foreign: bool = False) -> tuple[Signal, tuple[Event, ...]]:
    """(samples, its events): a background and zero to three classes, each short one heard one to three times.

    foreign: sounds of no class instead, and rarely one of a class.
    """
    n = int(SECONDS * RATE)
    bed = background(rng, SECONDS)
    floor = np.float32(10 ** (rng.uniform(-50, -36) / 20))
    out = bed * floor
    events: list[Event] = []
    wanted = int(rng.choice(4, p=HOW_MANY))
    if foreign:
        wanted = int(rng.random() < 0.15)
    strangers = int(rng.integers(1, 4)) if foreign else int(rng.random() < DISTRACTED)
    for _ in range(strangers):
        piece = FOREIGN[rng.integers(len(FOREIGN))](rng, float(rng.uniform(2, 9)))
        gain = floor * np.float32(10 ** (rng.uniform(*FOREIGN_SNR) / 20))
        add(out, piece[:n] * gain, int(rng.integers(0, n - min(n, len(piece)) + 1)))
    for label in rng.choice(CLASSES, size=wanted, replace=False):
        gain = floor * np.float32(10 ** (rng.uniform(*SNR) / 20))
        events += _place(rng, out, str(label), gain)
    peak = float(np.abs(out).max())
    return (out * np.float32(0.95 / peak) if peak > 0.95 else out), tidy(events)


def _place(rng: Rng, out: Signal, label: str, gain: np.float32) -> Iterator[Event]:
    """Put one class into a clip and tell where: a short one up to three times, a long one once."""
    n = len(out)
    if label in SHORT:
        pieces = [SHORT[label](rng, 4.0) for _ in range(int(rng.choice([1, 2, 3], p=[0.4, 0.35, 0.25])))]
    else:
        whole = rng.random() < 0.25
        pieces = [LONG[label](rng, SECONDS if whole else float(rng.uniform(1.5, 7.0)))]
    for piece in pieces:
        piece = piece[:n]
        start = int(rng.integers(0, n - len(piece) + 1))
        if label in LONG and len(piece) < n and rng.random() < 0.15:
            piece, start = piece[len(piece) // 3 :], 0  # it began before the clip did
        add(out, piece * gain, start)
        yield Event(round(start / RATE, 3), round((start + len(piece)) / RATE, 3), label)


def _plans(counts: DemoCounts) -> tuple[_Plan, ...]:
    return (
        _Plan("train/weak", "train/weak", "weak", counts.weak),
        _Plan("train/unlabel_in_domain", "train/unlabel_in_domain", "names", counts.in_domain),
        _Plan("train/unlabel_out_of_domain", "train/unlabel_out_of_domain", "foreign", counts.out_of_domain),
        _Plan("train/synthetic", "train/synthetic", "strong", counts.strong),
        _Plan("validation/validation", "validation", "strong", counts.validation),
        _Plan("test/test", "test", "strong", counts.test),
    )


def _make_split(root: Path, plan: _Plan, seed: int) -> Iterator[None]:
    """Write a split's clips, yielding after each, then its table."""
    folder = root / "audio" / plan.audio
    folder.mkdir(parents=True)
    salt = int(hashlib.sha256(plan.split.encode()).hexdigest()[:8], 16)
    found: dict[str, tuple[Event, ...]] = {}
    for index in range(plan.count):
        signal, events = make_clip(np.random.default_rng([seed, salt, index]), foreign=plan.kind == "foreign")
        name = f"{plan.audio.rsplit('/', 1)[-1]}_{index:04d}.wav"
        write_wav(folder / name, signal)
        found[name] = events
        yield
    table = root / "metadata" / f"{plan.split}.tsv"
    if plan.kind == "strong":
        write_events(table, found)
    elif plan.kind == "weak":
        rows = [f"{name}\t{','.join(sorted({e.label for e in events}))}" for name, events in found.items()]
        atomic_write_text(table, "\n".join(["filename\tevent_labels", *rows]) + "\n")
    else:
        atomic_write_text(table, "\n".join(["filename", *found]) + "\n")
    sync_folder(folder)
