"""A split: the clips of one table, their labels and where their audio lies."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from kd.corpus.audio_files import AudioFacts
from kd.corpus.layout import audio_folder
from kd.corpus.table_text import COLUMNS, Kind
from kd.corpus.tables import Event, line_of_label, read_events, read_names, read_table_kind, read_weak
from kd.errors import UserError, did_you_mean

ROLE_KINDS: dict[str, Kind] = {
    "weak": "weak",
    "in_domain": "names",
    "out_of_domain": "names",
    "strong": "strong",
    "select_on": "strong",
    "report_on": "strong",
    "split": "strong",  # of a corpus that a finished model is scored on
}


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip. path is None where its audio is absent; facts is None where audio was not asked for."""

    name: str
    path: Path | None
    facts: AudioFacts | None = None


@dataclass(frozen=True)
class Split:
    """name: the table's path below metadata/ without extension; kind: how it is used, which for unlabelled roles is
    `names` whatever the table holds. tags: {clip: its classes, sorted}; events: {clip: its events}; a clip without any
    has an empty tuple, and a split of kind `names` has empty dicts.
    """

    name: str
    kind: Kind
    table: Path
    audio_dir: Path
    clips: tuple[Clip, ...]
    tags: dict[str, tuple[str, ...]]
    events: dict[str, tuple[Event, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """The clips' file names, in table order."""
        return tuple(clip.name for clip in self.clips)

    @property
    def labels(self) -> frozenset[str]:
        """Every class name that occurs."""
        return frozenset(label for tags in self.tags.values() for label in tags)


def read_split(root: Path, name: str, table: Path, *, role: str) -> Split:
    """Read a split for a role, without looking for its audio.

    Raises UserError where the table is wrong, or of another kind than the role needs; unlabelled roles take any.
    """
    kind, found = ROLE_KINDS[role], read_table_kind(table)
    if kind not in ("names", found):
        raise UserError(
            f"{role}={name}: {table} is a {found} table, and {role} needs a {kind} one",
            f"a {kind} table has the columns {', '.join(COLUMNS[kind])}",
        )
    split = read_any(root, name, table)
    return split if kind == found else replace(split, kind=kind, tags={}, events={})


def read_any(root: Path, name: str, table: Path) -> Split:
    """Read a split as its table's header has it."""
    kind = read_table_kind(table)
    tags: dict[str, tuple[str, ...]] = {}
    events: dict[str, tuple[Event, ...]] = {}
    names: Iterable[str] = ()
    if kind == "weak":
        tags = {clip: tuple(sorted(labels)) for clip, labels in read_weak(table).items()}
        names = tags
    elif kind == "strong":
        events = read_events(table)
        tags = tags_of(events)
        names = events
    else:
        names = read_names(table)
    clips = tuple(Clip(clip, None) for clip in names)
    return Split(name, kind, table, audio_folder(root, name), clips, tags, events)


def tags_of(events: dict[str, tuple[Event, ...]]) -> dict[str, tuple[str, ...]]:
    """{clip: classes, sorted} from {clip: events}."""
    return {clip: tuple(sorted({event.label for event in found})) for clip, found in events.items()}


def keep_clips(split: Split, clips: Iterable[Clip]) -> Split:
    """The split with these clips only, and their labels."""
    clips = tuple(clips)
    names = {clip.name for clip in clips}
    tags = {name: found for name, found in split.tags.items() if name in names}
    events = {name: found for name, found in split.events.items() if name in names}
    return replace(split, clips=clips, tags=tags, events=events)


def keep_classes(split: Split, classes: Collection[str]) -> Split:
    """The split with these classes only; a clip that loses all of them stays, as one without events."""
    tags = {name: tuple(c for c in found if c in classes) for name, found in split.tags.items()}
    events = {name: tuple(e for e in found if e.label in classes) for name, found in split.events.items()}
    return replace(split, tags=tags, events=events)


def choose_classes(training: Iterable[Split], scored: Iterable[Split], wanted: Iterable[str]) -> tuple[str, ...]:
    """The classes, sorted: those of the training splits, or those of them that are wanted.

    Raises UserError where there are none, where a wanted one is unknown or given twice, and, with none wanted, where a
    scored table names another class.
    """
    training, wanted = tuple(training), tuple(wanted)
    known = sorted(frozenset().union(*(split.labels for split in training)))
    where = " and ".join(str(split.table) for split in training)
    if not known:
        raise UserError(f"{where}: no row names a class", "label at least one clip")
    for name in wanted:
        if name not in known:
            raise UserError(
                f"classes={name}: no training table names this class",
                did_you_mean(name, known) or f"the classes are {', '.join(known)}",
            )
        if wanted.count(name) > 1:
            raise UserError(f"classes={name} is given twice", "give it once")
    if wanted:
        return tuple(sorted(wanted))
    for split in scored:
        for label in sorted(split.labels.difference(known)):
            raise UserError(
                f"{split.table}:{line_of_label(split.table, label)}: the class {label!r} is in no training table",
                did_you_mean(label, known) or f"name the classes to score: classes={','.join(known)}",
            )
    return tuple(known)
