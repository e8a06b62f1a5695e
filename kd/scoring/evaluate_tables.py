"""Scoring two label tables against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypedDict

from kd.corpus.tables import Event, read_events, read_names, read_table_kind, read_weak
from kd.errors import UserError, did_you_mean
from kd.scoring.counts import Policy, ScoresDict
from kd.scoring.event_f1 import event_cells
from kd.scoring.matching import Collars
from kd.scoring.segment_f1 import segment_cells
from kd.scoring.selection import classes_to_score, clips_to_score, labels_of

Table = Mapping[str, Sequence[Event]]


class Settings(TypedDict):
    """How the scores came about; seconds, except offset_share."""

    collars: dict[str, float]
    empty_class: dict[str, Policy]
    resolution: float
    clips: int
    reference_events: int
    predicted_events: int
    notes: list[str]


class TableScores(TypedDict):
    """What `evaluate_tables` gives: JSON-able, fractions, None where undefined."""

    event_based: ScoresDict
    segment_based: ScoresDict
    settings: Settings


def evaluate_tables(
    *,
    reference: Path | str,
    predictions: Path | str,
    clips: Path | str | None = None,
    classes: Sequence[str] | None = None,
    collars: Collars | None = None,
    resolution: float = 1.0,
    empty: Policy | None = None,
) -> TableScores:
    """Event-based and segment-based scores of a table of predicted events.

    reference, predictions: strong tables; clips: a table of any kind whose file names are the clips to score (default:
    every clip of the reference, those without events included). A clip without predictions counts as one where nothing
    was found. Predictions for a clip that is not scored are an error without `clips`, and dropped and noted with it.
    classes default to every label of the scored clips in either table. empty: the policy for classes without
    predictions or reference events (see `Counts.scores`); by default that of sed_eval: "zero_score" for events,
    "undefined" for segments.
    """
    truth, guess = read_events(reference), read_events(predictions)
    listed = None if clips is None else _names_in(Path(clips))
    try:
        names = clips_to_score(reference=truth, predicted=guess, clips=listed)
        labels = classes_to_score(labels=labels_of(truth, guess, clips=names), classes=classes)
    except UserError as error:
        raise UserError(f"{predictions} against {reference}: {error.message}", error.hint) from None
    used = collars or Collars()
    events = event_cells(reference=truth, predicted=guess, clips=names, classes=labels, collars=used).total()
    segments = segment_cells(
        reference=truth, predicted=guess, clips=names, classes=labels, resolution=resolution
    ).total()
    policies: dict[str, Policy] = {"event_based": empty or "zero_score", "segment_based": empty or "undefined"}
    return {
        "event_based": events.scores(empty=policies["event_based"]).to_dict(),
        "segment_based": segments.scores(empty=policies["segment_based"]).to_dict(),
        "settings": {
            "collars": {name: float(value) for name, value in asdict(used).items()},
            "empty_class": policies,
            "resolution": float(resolution),
            "clips": len(names),
            "reference_events": int((events.tp + events.fn).sum()),
            "predicted_events": int((events.tp + events.fp).sum()),
            "notes": _notes(truth, guess, names, labels),
        },
    }


def _names_in(path: Path) -> tuple[str, ...]:
    """The file names of a table of any kind. Raises UserError where it has none."""
    readers = {"names": read_names, "weak": read_weak, "strong": read_events}
    names = tuple(readers[read_table_kind(path)](path))
    if not names:
        raise UserError(f"{path}: the list names no clip", "list the clips to score below its header")
    return names


def _notes(truth: Table, guess: Table, clips: Sequence[str], classes: Sequence[str]) -> list[str]:
    """What the reader of the scores should know about what was counted and what was not."""
    notes, scored = [], set(clips)
    for kind, table in (("reference", truth), ("predicted", guess)):
        outside = sum(len(events) for clip, events in table.items() if clip not in scored)
        if outside:
            notes.append(f"{kind} events dropped because their clip is not scored: {outside}")
        other = sum(event.label not in classes for clip in clips for event in table.get(clip, ()))
        if other:
            notes.append(f"{kind} events dropped because their class is not scored: {other}")
    unknown = sum(clip not in truth for clip in clips)
    if unknown:
        notes.append(f"scored clips that are not in the reference, taken as clips without events: {unknown}")
    silent = sum(not guess.get(clip) for clip in clips)
    if silent:
        notes.append(f"scored clips without a predicted event: {silent}")
    known = sorted(labels_of(truth, clips=clips))
    for label in (label for label in classes if label not in known):
        near = did_you_mean(label, known)
        notes.append(f"{label!r} has no reference event" + (f": {near}" if near else ""))
    return notes
