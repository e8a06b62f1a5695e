"""The generated scene corpus: ten scenes, two pairs of which are easily confused. No download, no licence, seconds to make.

Airport and shopping mall share all but a faint cue, as do metro and tram; in some clips there is no cue at all.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kd.corpus.demo_files import made_whole, write_wav
from kd.corpus.demo_synth import Signal, noise, samples
from kd.files import sync_folder
from kd.scenes.demo_sounds import SCENES
from kd.scenes.tables import AUDIO, write_scene_tables

VERSION = 1  # of what the generator makes; part of the folder's name, so that a changed demo is a new corpus
SECONDS = 4.0
CONFUSED = (("airport", "shopping_mall"), ("metro", "tram"))
PLACES = {"train": 8, "evaluate": 20}  # of each scene
LOUD = 0.95


@dataclass(frozen=True)
class SceneCounts:
    """Clips of each scene."""

    train: int = 24
    evaluate: int = 40


def make_scene_demo(
    root: Path | str,
    *,
    seed: int = 0,
    counts: SceneCounts | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Make the scene corpus at `root`, which must be absent or empty: 4 s clips, stereo, 16 kHz, 16 bit, one fold.

    It is whole or absent. The same seed and counts give the same files, bit for bit, on one set of versions. progress:
    called with (clips made, clips in all). Raises UserError where the place holds something or cannot be written.
    """
    counts = counts or SceneCounts()
    total = len(SCENES) * (counts.train + counts.evaluate)

    def make(work: Path) -> Iterator[None]:
        return _made(work, seed, {"train": counts.train, "evaluate": counts.evaluate})

    made_whole(Path(root).absolute(), make, total=total, megabytes=total * 0.26 + 1, progress=progress)


def _made(work: Path, seed: int, counts: dict[str, int]) -> Iterator[None]:
    folder = work / AUDIO
    folder.mkdir()
    clips: dict[str, tuple[str, str]] = {}
    setups: dict[str, list[str]] = {}
    for part, each in counts.items():
        for label in SCENES:
            for index in range(each):
                place = f"{label}-{part}-{index % PLACES[part]}"
                name = f"{AUDIO}/{place}-{index:03d}.wav"
                write_wav(work / name, scene_clip(label, place, seed=seed, index=index))
                clips[name] = (label, place)
                setups.setdefault(f"fold1_{part}", []).append(name)
                yield
    write_scene_tables(work, clips, setups)
    sync_folder(folder)


def scene_clip(label: str, place: str, *, seed: int, index: int) -> Signal:
    """One clip, (samples, 2) in [-1, 1]; a function of its arguments alone."""
    salt = int(hashlib.sha256(f"{place}/{index}".encode()).hexdigest()[:8], 16)
    rng = np.random.default_rng([seed, salt])
    where = int(hashlib.sha256(place.encode()).hexdigest()[:8], 16)
    found = SCENES[label](np.random.default_rng([seed, where]), rng, SECONDS)
    traits = np.random.default_rng([seed, where, 1])
    pan, own = traits.uniform(0.35, 0.65), np.float32(traits.uniform(0.05, 0.2))
    sides = []
    for share in (pan, 1 - pan):
        room = noise(rng, samples(SECONDS), low=60, high=6000, tilt=0.6)
        sides.append(np.float32(2 * share) * found[: samples(SECONDS)] + own * room)
    clip = np.stack(sides, axis=1).astype(np.float32) * np.float32(10 ** (traits.uniform(-30, -20) / 20))
    peak = float(np.abs(clip).max())
    return clip * np.float32(LOUD / peak) if peak > LOUD else clip
