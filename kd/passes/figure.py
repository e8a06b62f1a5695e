"""The picture of one clip: S1's Figure 1."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid
from kd.labels.smoothing import Smoothing, smooth
from kd.passes.inputs import Part
from kd.text import literal


def shown_clip(part: Part) -> int:
    """The clip with most classes, then most events; the first of several. Its row."""
    events = [part.truth[name] for name in part.names]
    return max(range(len(events)), key=lambda i: (len({e.label for e in events[i]}), len(events[i]), -i))


def draw(
    path: Path,
    *,
    part: Part,
    scores: npt.NDArray[np.float32],
    grid: FrameGrid,
    classes: Sequence[str],
    how: Smoothing,
    title: str,
) -> None:
    """Write a PNG: spectrogram, scores before and after smoothing, reference events of one clip, on one time axis.

    scores: probabilities of the split, (clips, frames, classes).
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    row = shown_clip(part)
    name = part.names[row]
    truth = part.truth[name]
    before = scores[row : row + 1]
    figure = Figure(figsize=(10, 9), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(4, 1, sharex=True, height_ratios=(2, 2, 2, 1.4))
    figure.suptitle(f"{title}: {name}", fontsize=11, parse_math=False)
    features = next(iter(part.features.values())).batch(np.array([row]))[0]
    axes[0].imshow(
        features.T, origin="lower", aspect="auto", extent=(0, grid.seconds, 0, features.shape[1]), cmap="magma"
    )
    axes[0].set_ylabel("mel band")
    present = {event.label for event in truth}
    for axis, values, label in ((axes[1], before, "scores"), (axes[2], smooth(before, how), f"after {how.name}")):
        _curves(axis, values[0], grid, classes, present)
        axis.set_ylabel(label)
        axis.set_ylim(0, 1)
    _bars(axes[3], truth, classes)
    axes[3].set_xlim(0, grid.seconds)
    axes[3].set_xlabel("seconds")
    axes[1].legend(loc="upper right", fontsize=7, ncols=3)
    figure.savefig(path, dpi=100)


def _curves(
    axis: Any, values: npt.NDArray[np.float32], grid: FrameGrid, classes: Sequence[str], present: set[str]
) -> None:
    times = np.arange(grid.frames) * grid.hop + grid.window / 2
    for column, label in enumerate(classes):
        if label in present or values[:, column].max() >= 0.5:
            style = "-" if label in present else ":"
            axis.plot(times, values[:, column], style, color=f"C{column % 10}", linewidth=1.2, label=literal(label))


def _bars(axis: Any, truth: Sequence[Any], classes: Sequence[str]) -> None:
    present = sorted({event.label for event in truth})
    for event in truth:
        colour = f"C{list(classes).index(event.label) % 10}"
        axis.barh(present.index(event.label), event.offset - event.onset, left=event.onset, height=0.6, color=colour)
    axis.set_yticks(range(len(present)), [literal(label) for label in present], fontsize=8)
    axis.set_ylabel("reference")
