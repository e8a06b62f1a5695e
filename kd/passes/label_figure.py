"""The picture of a pass's labels: what temperature, median window and falling threshold make of one clip's scores."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kd.labels.rule import Labels
from kd.labels.settings import LabelSettings
from kd.labels.smoothing import probabilities
from kd.passes.figure import shown_clip
from kd.passes.inputs import Part
from kd.passes.label_studies import Teacher
from kd.text import literal

TEMPERATURES = (0.5, 1.0, 2.0)  # shown, times the one in use
AHEAD = (0, 2, 4)  # passes whose thresholds are shown, counted from this one
LEAST_DECAY = 0.05  # shown where the threshold in use does not fall


def draw_labels(
    path: Path, *, part: Part, teacher: Teacher, settings: LabelSettings, index: int, classes: Sequence[str]
) -> None:
    """Write a PNG of one class in one clip of the selection split: scores and reference events, then three panels.

    The panels show soft labels at half, the same and twice the temperature; binary labels after no median, the window in
    use and three times that; binary labels at this pass's threshold and at those of later passes.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    row = shown_clip(part)
    truth = part.truth[part.names[row]]
    label = max(sorted({event.label for event in truth}) or classes[:1], key=[event.label for event in truth].count)
    column = list(classes).index(label)
    logits = teacher.select[row : row + 1]
    decay = max(settings.decay, LEAST_DECAY)
    start = settings.threshold(index) + decay * (index - 2)  # so that this pass has the threshold in use
    falling = replace(settings, kind="binary", start=start, decay=decay)
    soft, binary = replace(settings, kind="soft"), replace(settings, kind="binary")
    warmth = [factor * settings.temperature for factor in TEMPERATURES]
    windows = sorted({1, settings.window, 3 * settings.window})
    later = [index + more for more in AHEAD]
    shown: dict[str, list[tuple[str, LabelSettings, int]]] = {
        "temperature": [(f"T = {t:.3g}", replace(soft, temperature=t), index) for t in warmth],
        "median window": [(f"{w} frames", replace(binary, window=w), index) for w in windows],
        "threshold": [(f"pass {at}: {falling.threshold(at):.2f}", falling, at) for at in later],
    }

    def labels(chosen: LabelSettings, at: int) -> Labels:
        how = chosen.smoothings(["median" if chosen.window > 1 else "none"])[0]
        found: Labels = chosen.rule(teacher.own, index=at).labels(logits, how)[0, :, column]
        return found

    grid = teacher.grid
    times = np.arange(grid.frames) * grid.hop + grid.window / 2
    figure = Figure(figsize=(10, 8.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1 + len(shown), 1, sharex=True)
    figure.suptitle(f"labels of pass {index}: {label} in {part.names[row]}", fontsize=11, parse_math=False)
    axes[0].plot(
        times, probabilities(logits)[0, :, column], color="black", linewidth=1, label=literal("teacher's score")
    )
    axes[0].axhline(
        teacher.own.thresholds[column], color="grey", linewidth=0.8, linestyle=":", label=literal("its own threshold")
    )
    _rows(axes[0], "score")
    for axis, (name, ways) in zip(axes[1:], shown.items(), strict=True):
        for place, (words, chosen, at) in enumerate(ways):
            axis.plot(times, labels(chosen, at) + 1.15 * place, color=f"C{place}", linewidth=1.2, label=literal(words))
        _rows(axis, name)
    for axis in axes:
        for event in truth:
            if event.label == label:
                axis.axvspan(event.onset, event.offset, color="gold", alpha=0.25, linewidth=0)
    axes[-1].set_xlim(0, grid.seconds)
    axes[-1].set_xlabel("seconds; reference events shaded")
    figure.savefig(path, dpi=100)


def _rows(axis: Any, name: str) -> None:
    axis.set_yticks([])
    axis.set_ylabel(name)
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8, frameon=False, reverse=True)
