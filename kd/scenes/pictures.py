"""Confusion matrices as pictures, side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from kd.text import literal


def draw_confusion(path: Path, matrices: Mapping[str, Sequence[Sequence[int]]], *, classes: Sequence[str]) -> None:
    """Write a PNG: of each title a matrix (classes, classes), rows what is true, columns what is found, in per cent of rows."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = [literal(label) for label in classes]
    side = max(3.5, 0.42 * len(names) + 1.6)
    figure = Figure(figsize=(side * len(matrices) + 0.8, side + 0.4), layout="constrained")
    FigureCanvasAgg(figure)
    for i, (axes, (title, counts)) in enumerate(
        zip(np.atleast_1d(figure.subplots(1, len(matrices))), matrices.items(), strict=True)
    ):
        found = np.asarray(counts, np.float64)
        shares = 100 * found / np.maximum(found.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, vmin=0, vmax=100, cmap="Blues")
        axes.set_title(literal(title), fontsize=10)
        axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
        axes.set_yticks(range(len(names)), names if i == 0 else [""] * len(names), fontsize=8)
        axes.set_xlabel("found")
        if i == 0:
            axes.set_ylabel("true")
        for row, column in np.ndindex(shares.shape):
            if shares[row, column] >= 0.5:
                colour = "white" if shares[row, column] > 55 else "black"
                axes.text(column, row, f"{shares[row, column]:.0f}", ha="center", va="center", fontsize=7, color=colour)
    figure.savefig(path, dpi=110)
