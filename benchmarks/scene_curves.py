"""Pictures of kept scene jobs: learning curves, or confusions before and after.

python -m benchmarks.scene_curves curves FOLDER PICTURE.png        # of `benchmarks.scene_jobs`: all its seeds and folds
python -m benchmarks.scene_curves confusions RESULT.json PICTURE.png
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scene_jobs import pairs_of
from kd.scenes.pictures import draw_confusion

Record = dict[str, Any]


def shown(record: Record) -> list[str]:
    """The single networks before and after, and generalists gone on."""
    pairs = {name: each for name, each in pairs_of(record).items() if name != "ensemble"}
    return list(dict.fromkeys(name for pair in pairs.values() for name in pair))


def curves(records: Sequence[Record], picture: Path) -> None:
    """Losses over steps, relative to the first, the mean over jobs."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = shown(records[0])
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 2, sharey=True)
    for side, title in zip(axes, sorted({name.split(" ")[0] for name in names}), strict=True):
        for name in (each for each in names if each.split(" ")[0] == title):
            lines = []
            for record in records:
                steps, losses = np.array(record["systems"][name]["losses"]).T
                mean = np.convolve(np.pad(losses, 3, mode="edge"), np.ones(7) / 7, mode="valid")
                lines.append(np.interp(np.linspace(0, 1, 100), steps / steps[-1], mean / mean[0]))
            side.plot(np.linspace(0, 100, 100), np.mean(lines, axis=0), label=name.removeprefix(f"{title} "))
        side.set_title(title)
        side.set_xlabel("% of the training")
        side.legend(fontsize=8)
    axes[0].set_ylabel("loss, relative to the first")
    axes[0].set_ylim(bottom=0)
    figure.savefig(picture, dpi=110)


def main(words: Sequence[str]) -> int:
    """Draw; 2 on wrong use."""
    if len(words) != 3 or words[0] not in ("curves", "confusions"):
        sys.stderr.write(__doc__ or "")
        return 2
    place = Path(words[1])
    if words[0] == "curves":
        paths = sorted(place.glob("seed*.json"))
        curves([json.loads(path.read_text())["results"] for path in paths], Path(words[2]))
        return 0
    record = json.loads(place.read_text())["results"]
    matrices = {name: record["systems"][name]["report"]["confusion"] for name in record["confusions"].values()}
    draw_confusion(Path(words[2]), matrices, classes=record["classes"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
