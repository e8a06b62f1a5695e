"""A picture of what still goes wrong: clips with the commonest mistakes, their spectrograms over true and found events.

python -m benchmarks.mistakes --data CORPUS          # of the job of seed 0 in benchmarks/results/reproduce
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import librosa
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.keep import RESULTS
from kd.corpus.settings import SplitSettings
from kd.scoring.matching import Collars
from kd.scoring.sources import of_table, read_reference
from kd.scoring.verdicts import FALSE_ALARM, HIT, MISS, NEAR, NOTHING, Pair, taken_for, verdicts

COLOURS = {HIT: "#2a9d5c", NEAR: "#e0a100", MISS: "#c03a2b", FALSE_ALARM: "#c03a2b"}
RATE, BANDS, SECONDS = 16000, 64, 10.0
KINDS: dict[str, Callable[[Pair, Sequence[Pair]], bool]] = {
    "begins right, ends wrong": lambda pair, _: pair.kind == NEAR and _near(pair) == (True, False),
    "begins wrong, ends right": lambda pair, _: pair.kind == NEAR and _near(pair) == (False, True),
    "begins and ends wrong": lambda pair, _: pair.kind == NEAR and _near(pair) == (False, False),
    "missed, nothing found there": lambda pair, all_: pair.kind == MISS and taken_for(pair, _alarms(all_)) == NOTHING,
    "taken for another class": lambda pair, all_: pair.kind == MISS and taken_for(pair, _alarms(all_)) != NOTHING,
    "found where nothing is true": lambda pair, _: pair.kind == FALSE_ALARM,
}


def main() -> int:
    """Draw one clip for each kind of mistake, of the class that makes it most often."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", required=True, type=Path)
    asked.add_argument("--events", type=Path, default=RESULTS / "reproduce" / "main-default-seed0-tuned.tsv")
    asked.add_argument("--out", type=Path, default=RESULTS.parent.parent / "docs" / "mistakes.png")
    given = asked.parse_args()
    split = SplitSettings(data=str(given.data)).report_on
    system = of_table(given.events, read_reference(given.data / "metadata" / f"{split}.tsv"))
    found = verdicts(system)
    figure = Figure(figsize=(13, 13), layout="constrained")
    FigureCanvasAgg(figure)
    for cell, (title, is_kind) in zip(figure.subfigures(3, 2).flat, KINDS.items(), strict=True):
        counts = Counter(pair.label for pairs in found.values() for pair in pairs if is_kind(pair, pairs))
        label = counts.most_common(1)[0][0]
        clip = min(
            (clip for clip, pairs in found.items() if any(is_kind(p, pairs) and p.label == label for p in pairs)),
            key=lambda clip: (len(found[clip]), clip),
        )
        _panel(cell, _sound(given.data, split, clip), found[clip])
        cell.suptitle(f"{title}: {label}, {counts[label]} of {counts.total()}", fontsize=11, parse_math=False)
    figure.savefig(given.out, dpi=80)
    return 0


def _sound(root: Path, split: str, clip: str) -> Path:
    """A clip's file, in the folder of its split or of the split's."""
    place = root / "audio" / split
    return place / clip if (place / clip).exists() else place.parent / clip


def _near(pair: Pair) -> tuple[bool, bool]:
    assert pair.reference is not None and pair.predicted is not None
    collars = Collars()
    return collars.begins(pair.reference, pair.predicted), collars.ends(pair.reference, pair.predicted)


def _alarms(pairs: Sequence[Pair]) -> list[Pair]:
    return [pair for pair in pairs if pair.kind == FALSE_ALARM]


def _panel(cell: Any, path: Path, pairs: Sequence[Pair]) -> None:
    """Spectrogram, and under it a lane of true and one of found events for each class."""
    labels = sorted({pair.label for pair in pairs}, reverse=True)
    axes = cell.subplots(2, 1, sharex=True, height_ratios=(2, 0.5 + 0.4 * len(labels)))
    sound, _ = librosa.load(path, sr=RATE, duration=SECONDS)
    mel = librosa.power_to_db(librosa.feature.melspectrogram(y=sound, sr=RATE, n_mels=BANDS), ref=np.max)
    axes[0].imshow(mel, origin="lower", aspect="auto", extent=(0, len(sound) / RATE, 0, BANDS), cmap="magma", vmin=-70)
    axes[0].set_ylabel("mel band")
    for pair in pairs:
        row = labels.index(pair.label)
        for event, place, filled in ((pair.reference, row + 0.2, False), (pair.predicted, row - 0.2, True)):
            if event is not None:
                colour = COLOURS[pair.kind]
                axes[1].barh(
                    place,
                    event.offset - event.onset,
                    left=event.onset,
                    height=0.32,
                    facecolor=colour if filled else "none",
                    edgecolor=colour,
                    linewidth=1.5,
                )
    axes[1].set_yticks(range(len(labels)), labels, fontsize=9)
    axes[1].set_ylim(-0.6, len(labels) - 0.4)
    axes[1].set_xlim(0, SECONDS)
    axes[1].set_xlabel(
        "seconds; hollow: true, filled: found; green: hit, amber: near miss, red: missed or false", fontsize=8
    )


if __name__ == "__main__":
    sys.exit(main())
