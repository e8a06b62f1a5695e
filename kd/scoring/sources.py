"""Systems from files: a table of events, or a folder of scores, against a table of reference events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kd.corpus.makers import Makers, makers_of, twin_of
from kd.corpus.tables import Event, line_of_label, read_events, read_names, read_table_kind, read_weak
from kd.errors import UserError, did_you_mean
from kd.files import real
from kd.scoring.median import check_window
from kd.scoring.selection import classes_to_score, clips_to_score, labels_of
from kd.scoring.system import FrameScores, System, Table


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Reference events by clip, the clips to score where they are named, and who made the events, where known."""

    path: Path
    events: dict[str, tuple[Event, ...]]
    listed: tuple[str, ...] | None
    makers: Makers | None

    def clips(self, predicted: Table) -> tuple[str, ...]:
        """The clips that count beside these predictions; see `selection.clips_to_score`."""
        return clips_to_score(reference=self.events, predicted=predicted, clips=self.listed)


def read_reference(table: Path | str, *, clips: Path | str | None = None, makers: bool = True) -> Reference:
    """Reference events of a strong table, with their makers if a column or the table's twin in `sources/` names them.

    clips: a table of any kind whose file names are the clips to score; default: every clip of the table, those without
    events included. makers: whether to look for them.
    """
    path = Path(table)
    events = read_events(path)
    known = makers_of(table=path, events=events, twin=_twin(path)) if makers else None
    return Reference(path, events, None if clips is None else _names_in(Path(clips)), known)


def of_table(predictions: Path | str, reference: Reference, *, classes: Sequence[str] | None = None) -> System:
    """A system of which only events are known.

    A clip without predictions counts as one where nothing was found. Predictions for a clip that is not scored are an
    error unless the clips are named, and then dropped and noted. classes default to every label of the scored clips in
    either table.
    """
    guess = read_events(predictions)
    try:
        names = reference.clips(guess)
        labels = classes_to_score(labels=labels_of(reference.events, guess, clips=names), classes=classes)
    except UserError as error:
        raise UserError(f"{predictions} against {reference.path}: {error.message}", error.hint) from None
    return System(
        clips=names,
        classes=labels,
        reference=reference.events,
        events=guess,
        makers=reference.makers,
        about={"predictions": str(predictions)},
        notes=tuple(_notes(reference.events, guess, names, labels)),
    )


def of_scores(folder: Path | str, reference: Reference, *, threshold: float = 0.5, window: int = 1) -> System:
    """A system of which frame scores are known, in a folder as `score_files` describes it.

    Its classes are the columns of the tables; every scored clip must have its table. threshold, window: as in
    `FrameScores`, the same for all classes. Raises UserError for a reference class without a column.
    """
    from kd.scoring.score_files import read_score_files

    check_window(window)
    names = reference.clips({})
    if not names:
        raise UserError(f"{reference.path}: the table names no clip", "name a clip without events in a row of its own")
    files = read_score_files(folder, clips=names)
    for label in sorted(labels_of(reference.events, clips=names).difference(files.classes)):
        raise UserError(
            f"{reference.path}:{line_of_label(reference.path, label)}: {folder} has no scores of the class {label!r}",
            did_you_mean(label, list(files.classes)) or f"its columns are {', '.join(files.classes)}",
        )
    many = len(files.classes)
    level = float(np.float32(threshold))  # scores are float32: one written as 0.9 reaches a threshold of 0.9
    scores = FrameScores(files.scores, files.edges, (window,) * many, (level,) * many)
    guess = scores.events(clips=names, classes=files.classes)
    return System(
        clips=names,
        classes=files.classes,
        reference=reference.events,
        events=guess,
        scores=scores,
        closed=True,
        makers=reference.makers,
        about={"scores": str(folder), "thresholds": [threshold] * many, "windows": [window] * many},
        notes=(
            *_notes(reference.events, guess, names, files.classes),
            *_cut(scores, names, reference.events),
            *_spare(Path(folder), names),
        ),
    )


def _twin(table: Path) -> Path | None:
    """The table's twin in `sources/`, where the table lies in a corpus's `metadata/`."""
    path = real(table)
    above = next((folder for folder in path.parents if folder.name == "metadata"), None)
    return None if above is None else twin_of(above.parent, path.relative_to(above).with_suffix("").as_posix())


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


def _spare(folder: Path, clips: Sequence[str]) -> list[str]:
    """A note where the folder has tables of clips that are not scored."""
    from kd.scoring.score_files import stem

    spare = len({path.stem for path in folder.glob("*.tsv")} - {stem(clip) for clip in clips})
    return [f"tables of clips that are not scored, left alone: {spare}"] if spare else []


def _cut(scores: FrameScores, clips: Sequence[str], truth: Table) -> list[str]:
    """A note where reference events go on after a clip's last frame."""
    ends = dict(zip(clips, scores.edges()[:, -1].tolist(), strict=True))
    late = [clip for clip in clips if max((e.offset for e in truth.get(clip, ())), default=0.0) > ends[clip] + 1.0]
    return [f"clips with reference events more than 1 s past their last frame: {len(late)}"] if late else []
