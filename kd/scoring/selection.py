"""Which clips and classes are scored, decided once for every score."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from kd.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from kd.corpus.tables import Event


def clips_to_score(
    *,
    reference: Mapping[str, Collection[object]],
    predicted: Mapping[str, Collection[object]],
    clips: Sequence[str] | None,
) -> tuple[str, ...]:
    """The clips that count.

    By default every clip of the reference, those without events included; a prediction for any other clip is then an
    error. With `clips`, exactly those, in that order: a clip unknown to the reference has no events, and what lies
    elsewhere is ignored.
    """
    if clips is None:
        for name, events in predicted.items():
            if name not in reference and len(events) > 0:
                raise UserError(
                    f"predictions name a clip that the reference does not: {name!r}",
                    did_you_mean(name, list(reference)) or "name the clips to score, or take that clip out",
                )
        return tuple(reference)
    if len(set(clips)) != len(clips):
        twice = next(name for i, name in enumerate(clips) if name in clips[:i])
        raise UserError(f"the list of clips names {twice!r} twice", "name every clip once")
    return tuple(clips)


def classes_to_score(*, labels: Iterable[str], classes: Sequence[str] | None) -> tuple[str, ...]:
    """The classes that count: those named, in that order, or else all of `labels`, sorted."""
    chosen = tuple(sorted(set(labels))) if classes is None else tuple(classes)
    if len(set(chosen)) != len(chosen):
        raise UserError("a class is named twice in the list of classes", "name every class once")
    if not chosen:
        raise UserError("there is no class to score", "give a reference with events, or name the classes")
    return chosen


def labels_of(*tables: Mapping[str, Sequence[Event]], clips: Sequence[str]) -> set[str]:
    """Every label that occurs in one of these clips in one of these tables."""
    return {event.label for table in tables for clip in clips for event in table.get(clip, ())}


def by_cell(
    *, events: Mapping[str, Sequence[Event]], clips: Sequence[str], classes: Sequence[str]
) -> list[list[Event]]:
    """The events of each (clip, class), clips outermost; other clips and labels are left out."""
    index = {label: k for k, label in enumerate(classes)}
    cells: list[list[Event]] = [[] for _ in range(len(clips) * len(classes))]
    for i, clip in enumerate(clips):
        for event in events.get(clip, ()):
            k = index.get(event.label)
            if k is not None:
                cells[i * len(classes) + k].append(event)
    return cells
