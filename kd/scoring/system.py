"""A scored system: what was said of which clips, beside what is true of them, wherever both came from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from kd.errors import UserError
from kd.scoring import kernels
from kd.scoring.grid import FrameGrid
from kd.scoring.hysteresis import hysteresis
from kd.scoring.median import median_filter
from kd.scoring.operating_points import OperatingPoints

if TYPE_CHECKING:
    from kd.corpus.tables import Event

Table = Mapping[str, Sequence["Event"]]
Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
EPSILON = 1e-6  # the least distance of a probability from 0 and 1 of which the logit is taken


@dataclass(frozen=True, slots=True, eq=False)
class FrameScores:
    """Frame scores of all clips.

    values: float32 `(clips, frames, classes)`, frames past a clip's end without length and at -inf; grid: of all clips,
    or the frames' borders in seconds `(clips, frames + 1)`; windows, thresholds, depths: `(classes,)`, the median, in frames,
    the threshold and the hysteresis that turn scores into events; no depths: none. Thresholds do not matter to PSDS, the
    others do. temperatures: `(classes,)`, those that make probabilities of the scores likeliest, where a model carries them.
    """

    values: Singles
    grid: FrameGrid | Floats
    windows: tuple[int, ...]
    thresholds: tuple[float, ...]
    temperatures: tuple[float, ...] | None = None
    depths: tuple[float, ...] | None = None

    @classmethod
    def at(
        cls,
        points: OperatingPoints,
        values: Singles,
        grid: FrameGrid | Floats,
        temperatures: tuple[float, ...] | None = None,
    ) -> FrameScores:
        """Scores at operating points."""
        return cls(values, grid, points.windows, points.thresholds, temperatures, points.depths)

    def edges(self) -> Floats:
        """Borders of the frames in seconds, `(clips, frames + 1)`."""
        if isinstance(self.grid, FrameGrid):
            return np.ascontiguousarray(np.broadcast_to(self.grid.edges(), (len(self.values), self.grid.frames + 1)))
        return self.grid

    def lengths(self) -> npt.NDArray[np.int64]:
        """How many frames each clip has, `(clips,)`."""
        if isinstance(self.grid, FrameGrid):
            return np.full(len(self.values), self.grid.frames, np.int64)
        return np.asarray((np.diff(self.grid, axis=1) > 0).sum(axis=1), np.int64)

    def there(self) -> npt.NDArray[np.bool_]:
        """Which frames a clip has, `(clips, frames)`."""
        return np.arange(self.values.shape[1]) < self.lengths()[:, np.newaxis]

    def range(self) -> tuple[float, float]:
        """The lowest and the highest score."""
        kept = self.values[self.there()]
        return float(kept.min()), float(kept.max())

    def tempered(self) -> Singles | None:
        """Probabilities at the temperatures, σ(z / T) where the scores are σ(z); None without temperatures."""
        if self.temperatures is None:
            return None
        odds = logit(np.clip(self.values, EPSILON, 1 - EPSILON))
        return np.asarray(expit(odds / np.array(self.temperatures, np.float32)), np.float32)

    def smooth(self) -> Singles:
        """The scores after median and hysteresis of each class, of each clip by itself, `(clips, frames, classes)`."""
        out, lengths = self.values.copy(), self.lengths()
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            for k, window in enumerate(self.windows):
                median = median_filter(np.ascontiguousarray(self.values[rows, :length, k]), window)
                out[rows, :length, k] = hysteresis(median, self.depths[k] if self.depths else 0.0)
        return out

    def events(self, *, clips: Sequence[str], classes: Sequence[str]) -> dict[str, list[Event]]:
        """Every run of frames with smoothed score >= threshold, by clip; as `decode.decode_clips` on a uniform grid."""
        from kd.corpus.tables import Event

        smooth, edges = self.smooth(), self.edges()
        onsets, offsets = (np.empty(smooth.shape[1] // 2 + 1) for _ in range(2))
        found: dict[str, list[Event]] = {clip: [] for clip in clips}
        for k, label in enumerate(classes):
            rows = np.ascontiguousarray(smooth[:, :, k])
            for i, clip in enumerate(clips):
                count = kernels.runs_of_row(rows[i], float(self.thresholds[k]), edges[i], onsets, offsets)
                found[clip] += [Event(float(onsets[j]), float(offsets[j]), label) for j in range(count)]
        for events in found.values():
            events.sort(key=lambda event: (event.onset, event.offset, event.label))
        return found

    def of(self, *, rows: Sequence[int], columns: Sequence[int]) -> FrameScores:
        """Of these clips and classes, in this order."""
        return FrameScores(
            np.ascontiguousarray(self.values[rows][:, :, columns]),
            self.grid if isinstance(self.grid, FrameGrid) else self.grid[rows],
            tuple(self.windows[k] for k in columns),
            tuple(self.thresholds[k] for k in columns),
            None if self.temperatures is None else tuple(self.temperatures[k] for k in columns),
            None if self.depths is None else tuple(self.depths[k] for k in columns),
        )


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """What is scored: clips, classes, reference and predicted events, and the frame scores behind these, if known.

    reference, events: by clip; scores: of `clips` and `classes` in their order; closed: whether the system can name no
    class but these; makers: {(clip, class): who made its reference events}, None where nothing tells; about: where it
    came from, JSON-able; notes: what a reader of its scores should know.
    """

    clips: tuple[str, ...]
    classes: tuple[str, ...]
    reference: Table
    events: Table
    scores: FrameScores | None = None
    closed: bool = False
    makers: Mapping[tuple[str, str], Collection[str]] | None = None
    about: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()

    def over(self, *, clips: Sequence[str], classes: Sequence[str]) -> System:
        """The same system on these of its clips and on these classes; scores stay where it has one for each class."""
        scores = None
        if self.scores is not None and set(classes) <= set(self.classes):
            place = {clip: i for i, clip in enumerate(self.clips)}
            columns = [self.classes.index(label) for label in classes]
            scores = self.scores.of(rows=[place[clip] for clip in clips], columns=columns)
        return replace(self, clips=tuple(clips), classes=tuple(classes), scores=scores)

    def without_scores(self) -> System:
        """The same system as one of which only events are known."""
        return replace(self, scores=None)


def shared(systems: Mapping[str, System]) -> tuple[dict[str, System], list[str]]:
    """Systems, by what to call them, on the clips and classes that all are scored on, and notes.

    Classes: those that all can name, where one of them cannot name others, else all that any names. Raises UserError
    where the clips differ, or what is true of them.
    """
    (lead, first), *others = systems.items()
    for name, other in others:
        _same_clips(lead, first, name, other)
    classes, notes = _shared_classes(systems)
    for name, other in others:
        for clip in first.clips:
            truths = [
                sorted(_key(e) for e in one.reference.get(clip, ()) if e.label in classes) for one in (first, other)
            ]
            if truths[0] != truths[1]:
                raise UserError(
                    f"{lead} and {name} are scored against different reference events in clip {clip!r}",
                    "give one reference= or one corpus for all",
                )
    return {name: one.over(clips=first.clips, classes=classes) for name, one in systems.items()}, notes


def _same_clips(lead: str, first: System, name: str, other: System) -> None:
    for one, another, which in ((first, other, lead), (other, first, name)):
        alone = sorted(set(one.clips) - set(another.clips))
        if alone:
            rest = f" and {len(alone) - 1} more" if len(alone) > 1 else ""
            raise UserError(
                f"only {which} is scored on clip {alone[0]!r}{rest}",
                "compare systems on the same clips: reference=, split=",
            )


def _shared_classes(systems: Mapping[str, System]) -> tuple[tuple[str, ...], list[str]]:
    every = sorted({label for one in systems.values() for label in one.classes})
    kept = [c for c in every if all(c in one.classes for one in systems.values() if one.closed)]
    if not kept:
        raise UserError(f"{' and '.join(systems)} share no class", "compare systems of the same classes")
    gone = [c for c in every if c not in kept]
    return tuple(kept), [f"not known to all, left out: {', '.join(gone)}"] if gone else []


def _key(event: Event) -> tuple[float, float, str]:
    return event.onset, event.offset, event.label
