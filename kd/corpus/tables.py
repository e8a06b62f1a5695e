"""Label tables, read strictly and written whole.

Three kinds, told by their header: weak (`filename`, `event_labels`), strong (`filename`, `onset`, `offset`,
`event_label`) and names (`filename`). Read as published: tabs or commas, any column order, an index column with or
without a name, Windows line ends, a byte-order mark. Every error names the file and the line, the header being line 1.
"""

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kd.corpus.names import class_name_problem, clip_name_problem
from kd.corpus.table_text import COLUMNS, Kind, read_header, read_lines, rows
from kd.errors import UserError
from kd.files import atomic_write_text

LONGEST = 604_800.0  # seconds, a week; a later time is in another unit
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Event:
    """A sound in a clip: onset and offset in seconds, 0 ≤ onset < offset, and its class."""

    onset: float
    offset: float
    label: str


def read_table_kind(path: Path | str) -> Kind:
    """What a table holds, from its header."""
    path = Path(path)
    return read_header(path, read_lines(path)[0])[2]


def read_events(path: Path | str) -> dict[str, tuple[Event, ...]]:
    """{file name: its events} of a strong table, clips in file order; an empty tuple is a clip without events.

    Raises UserError for an event given twice and for a clip with both an empty row and events. Overlapping events of
    one class are allowed.
    """
    path = Path(path)
    events: dict[str, list[Event]] = {}
    seen: dict[tuple[str, Event], int] = {}
    empty: dict[str, int] = {}
    filled: dict[str, int] = {}
    for line, (name, onset, offset, label) in _read(path, "strong"):
        if not (onset or offset or label):
            if name in empty or name in filled:
                first = empty.get(name) or filled[name]
                raise UserError(
                    f"{path}:{line}: an empty row for {name!r}, which has a row in line {first}",
                    "a clip has either one empty row or events",
                )
            empty[name] = line
            events[name] = []
            continue
        event = _event(path, line, onset, offset, label)
        if name in empty:
            raise UserError(
                f"{path}:{line}: an event in {name!r}, which line {empty[name]} says has none",
                "a clip has either one empty row or events",
            )
        first = seen.setdefault((name, event), line)
        if first != line:
            raise UserError(f"{path}:{line}: the same event as in line {first}", "delete one of them")
        filled.setdefault(name, line)
        events.setdefault(name, []).append(event)
    return {name: tuple(found) for name, found in events.items()}


def read_weak(path: Path | str) -> dict[str, tuple[str, ...]]:
    """{file name: its classes} of a weak table; an empty tuple is a clip known to hold none of the classes.

    A class named twice in one row counts once: the published DCASE 2018 table has such a row.
    """
    path = Path(path)
    tags: dict[str, tuple[str, ...]] = {}
    seen: dict[str, int] = {}
    for line, (name, labels) in _read(path, "weak"):
        _once(path, line, name, seen)
        classes = tuple(label.strip(" ") for label in labels.split(",")) if labels else ()
        for label in classes:
            if problem := class_name_problem(label):
                raise UserError(f"{path}:{line}: {problem}", "separate the classes with single commas")
        tags[name] = tuple(dict.fromkeys(classes))
    return tags


def read_names(path: Path | str) -> tuple[str, ...]:
    """The file names of a names table, in order."""
    path = Path(path)
    seen: dict[str, int] = {}
    for line, (name,) in _read(path, "names"):
        _once(path, line, name, seen)
    return tuple(seen)


def line_of_label(path: Path | str, label: str) -> int:
    """The first line of a weak or strong table that names a class; 0 if none does."""
    path = Path(path)
    kind = read_table_kind(path)
    for line, fields in _read(path, kind):
        if label in [part.strip(" ") for part in fields[-1].split(",")]:
            return line
    return 0


def write_events(path: Path | str, events: Mapping[str, Sequence[Event]]) -> None:
    """Write a strong table, tab-separated, whole or not at all; times are written so that they read back the same.

    Raises UserError for what `read_events` would refuse.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(COLUMNS["strong"])
    for name, found in events.items():
        if problem := clip_name_problem(name) or (name != name.strip(" ") and f"spaces around the file name {name!r}"):
            raise UserError(f"{path}: {problem}", "rename the clip")
        if len(set(found)) != len(found):
            raise UserError(f"{path}: an event of {name!r} is given twice", "give it once")
        for event in found:
            _check_event(f"{path}: {name!r}", event)
            writer.writerow((name, repr(float(event.onset)), repr(float(event.offset)), event.label))
        if not found:
            writer.writerow((name, "", "", ""))
    atomic_write_text(path, text.getvalue())


def tidy(events: Iterable[Event], *, gap: float = 0.15) -> tuple[Event, ...]:
    """Events in order of time, those of one class joined that overlap or are less than `gap` seconds apart."""
    joined: dict[str, list[Event]] = {}
    for event in sorted(events, key=lambda e: (e.onset, e.offset)):
        row = joined.setdefault(event.label, [])
        if row and event.onset - row[-1].offset < gap:
            row[-1] = Event(row[-1].onset, max(row[-1].offset, event.offset), event.label)
        else:
            row.append(event)
    return tuple(sorted((e for row in joined.values() for e in row), key=lambda e: (e.onset, e.offset, e.label)))


def _read(path: Path, kind: Kind) -> Iterator[tuple[int, list[str]]]:
    """(line, fields in the order of COLUMNS[kind]) with the file name checked."""
    lines = read_lines(path)
    delimiter, columns, found = read_header(path, lines[0])
    if found != kind:
        raise UserError(
            f"{path}:1: this is a {found} table ({', '.join(COLUMNS[found])}) where a {kind} table is needed",
            f"a {kind} table has the columns {', '.join(COLUMNS[kind])}",
        )
    places = [columns.index(column) for column in COLUMNS[kind]]
    for line, fields in rows(path, lines, columns, delimiter):
        if problem := clip_name_problem(fields[places[0]]):
            raise UserError(f"{path}:{line}: {problem}", "give the plain name of a file in the split's audio folder")
        yield line, [fields[place] for place in places]


def _once(path: Path, line: int, name: str, seen: dict[str, int]) -> None:
    first = seen.setdefault(name, line)
    if first != line:
        raise UserError(f"{path}:{line}: {name!r} is already in line {first}", "a clip has one row: delete the other")


def _event(path: Path, line: int, onset: str, offset: str, label: str) -> Event:
    blank = [c for c, text in (("onset", onset), ("offset", offset), ("event_label", label)) if not text]
    if blank:
        raise UserError(
            f"{path}:{line}: the row has no {' and no '.join(blank)}",
            "fill the row, or leave onset, offset and event_label all empty: a clip without events",
        )
    event = Event(_seconds(path, line, "onset", onset), _seconds(path, line, "offset", offset), label)
    _check_event(f"{path}:{line}", event)
    return event


def _seconds(path: Path, line: int, column: str, text: str) -> float:
    if not _NUMBER.fullmatch(text):
        hint = "use a decimal point" if _NUMBER.fullmatch(text.replace(",", ".")) else "give seconds, such as 3.25"
        raise UserError(f"{path}:{line}: {column} {text!r} is not a number of seconds", hint)
    return float(text) + 0.0  # -0.0 becomes 0.0


def _check_event(where: str, event: Event) -> None:
    for column, value in (("onset", event.onset), ("offset", event.offset)):
        if not math.isfinite(value):
            raise UserError(f"{where}: {column} {value} is not finite", "give seconds, such as 3.25")
        if value < 0:
            raise UserError(f"{where}: {column} {value:g} is negative", "times count from the clip's start")
        if value > LONGEST:
            raise UserError(f"{where}: {column} {value:g} is over {LONGEST:.0f} s", "give seconds")
    if event.offset <= event.onset:
        relation = "equals" if event.offset == event.onset else "is before"
        raise UserError(
            f"{where}: offset {event.offset:g} {relation} onset {event.onset:g}", "an event ends after it starts"
        )
    if problem := class_name_problem(event.label):
        raise UserError(f"{where}: {problem}", "a row names one class: give each event its own row")
    if event.label != event.label.strip(" "):
        raise UserError(f"{where}: spaces around the class name {event.label!r}", "remove them")
