"""The picture of a recording: spectrogram, scores and events on one time axis, in memory that does not grow with its length."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid
from kd.audio.mel import corners_of
from kd.detection.detector import Detector
from kd.detection.events import Detection
from kd.text import literal

Array = npt.NDArray[np.float32]
MOST = 2048  # columns kept; beyond twice as many, neighbours become one


class Overview:
    """Rows of a matrix that grows without end, neighbours made one as there are too many.

    pool: takes (columns, together, values) to (columns, values), such as the mean.
    """

    def __init__(self, pool: Any) -> None:
        self.pool, self.together = pool, 1  # rows to a column
        self.columns: Array | None = None
        self.rest: Array | None = None

    def push(self, rows: Array) -> None:
        """More rows, (rows, values)."""
        rows = rows if self.rest is None else np.concatenate([self.rest, rows])
        whole = len(rows) // self.together
        made = self._pooled(rows[: whole * self.together], self.together)
        self.rest = rows[whole * self.together :]
        self.columns = made if self.columns is None else np.concatenate([self.columns, made])
        while len(self.columns) >= 2 * MOST:
            even = len(self.columns) // 2 * 2
            odd = self.columns[even:]
            self.columns = self._pooled(self.columns[:even], 2)
            self.rest = np.concatenate([np.repeat(odd, self.together, axis=0), self.rest])
            self.together *= 2

    def _pooled(self, rows: Array, together: int) -> Array:
        return np.asarray(self.pool(rows.reshape(len(rows) // together, together, rows.shape[1]), axis=1), np.float32)


class Picture:
    """What is drawn of one recording, as a listener hears it."""

    def __init__(self, detector: Detector, *, grid: FrameGrid) -> None:
        self.detector, self.grid = detector, grid
        self.bands, self.scores = Overview(np.mean), Overview(np.max)

    def push(self, bands: Array, scores: Array) -> None:
        """Features (frames, mels) and probabilities (frames, classes)."""
        self.bands.push(bands)
        self.scores.push(scores)

    def draw(self, path: Path, *, events: Sequence[Detection], seconds: float, title: str) -> None:
        """Write a PNG."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        classes = self.detector.classes
        shown = sorted({event.label for event in events}, key=classes.index)
        figure = Figure(figsize=(12, 5.5 + 0.25 * len(shown)), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(3, 1, sharex=True, height_ratios=(2, 1.6, 0.5 + 0.25 * max(1, len(shown))))
        figure.suptitle(title, fontsize=11, parse_math=False)
        spec = self.detector.members[0].spec
        self._spectrogram(axes[0], seconds=seconds, rate=spec.rate, highest=spec.fmax or spec.rate / 2)
        colours = {label: f"C{k % 10}" for k, label in enumerate(classes)}
        self._curves(axes[1], shown, colours)
        for row, label in enumerate(shown):
            own = [event for event in events if event.label == label]
            spans = [(event.onset, event.offset - event.onset) for event in own]
            axes[2].broken_barh(spans, (row - 0.35, 0.7), color=colours[label])
        axes[2].set_yticks(range(len(shown)), [literal(label) for label in shown], fontsize=8)
        axes[2].set_ylim(len(shown) - 0.5 if shown else 0.5, -0.5)
        axes[2].set_ylabel("events" if shown else "no events")
        axes[2].set_xlim(0, seconds)
        axes[2].set_xlabel("seconds")
        path.parent.mkdir(parents=True, exist_ok=True)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph")  # a letter of a name that the font does not have
            figure.savefig(path, dpi=100)

    def _spectrogram(self, axis: Any, *, seconds: float, rate: int, highest: float) -> None:
        columns = self.bands.columns
        if columns is None or not len(columns):
            return
        spec = self.detector.members[0].spec
        until = (len(columns) * self.bands.together * spec.hop + spec.window - spec.hop) / rate
        low, high = np.percentile(columns, (5, 99.8))
        axis.imshow(
            columns.T, origin="lower", aspect="auto", extent=(0, until, 0, spec.mels), cmap="magma", vmin=low, vmax=high,
            interpolation="nearest",
        )  # fmt: skip
        ticks, names = mel_ticks(spec.mels, highest)
        axis.set_yticks(ticks, names)
        axis.set_ylabel("kHz")
        axis.set_xlim(0, seconds)

    def _curves(self, axis: Any, shown: Sequence[str], colours: dict[str, str]) -> None:
        columns = self.scores.columns
        if columns is not None and len(columns):
            times = (np.arange(len(columns)) + 0.5) * self.scores.together * self.grid.hop
            for label in shown:
                k = self.detector.classes.index(label)
                axis.plot(times, columns[:, k], color=colours[label], linewidth=1.0, label=literal(label))
                axis.axhline(self.detector.points.thresholds[k], color=colours[label], linewidth=0.8, linestyle=":")
        axis.set_ylim(0, 1)
        axis.set_ylabel("scores, thresholds")
        if shown:
            axis.legend(loc="upper right", fontsize=7, ncols=4)


def mel_ticks(mels: int, highest: float) -> tuple[list[float], list[str]]:
    """Where round frequencies lie among the bands, and their names in kHz."""
    centres = corners_of(mels, highest)[1:-1]
    wanted = [hz for hz in (250, 500, 1000, 2000, 4000, 8000, 16_000) if hz < centres[-1]]
    return [float(np.interp(hz, centres, np.arange(mels))) + 0.5 for hz in wanted], [f"{hz / 1000:g}" for hz in wanted]
