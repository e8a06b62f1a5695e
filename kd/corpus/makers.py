"""Who made the sounds of a strong table: events of one maker say less than as many of different makers.

Read from the table's own column `maker` or, failing that, `group`; else from its twin, the table of the same name in
`sources/` instead of `metadata/`, with the columns of a strong table and `maker` or `group`. For scoring alone.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from kd.corpus.layout import EXTENSIONS, inside
from kd.corpus.names import class_name_problem, clip_name_problem
from kd.corpus.table_text import read_header, read_lines, rows
from kd.corpus.tables import Event
from kd.errors import UserError

Makers = dict[tuple[str, str], frozenset[str]]
COLUMNS = ("maker", "group")
FEW_MAKERS = 5  # an interval over fewer is marked: the resamples are too alike


def twin_of(root: Path, split: str) -> Path | None:
    """The twin of a split's table, `sources/<split>.tsv` or `.csv`, or None.

    root: the corpus folder, links resolved. Raises UserError where there are two, or the twin is a link out of the corpus.
    """
    found = [path for ext in EXTENSIONS if (path := root / "sources" / f"{split}{ext}").is_file()]
    for path in found:
        inside(root, path)
    if len(found) > 1:
        raise UserError(f"{found[0]} and {found[1].name} are both there", "keep the one that is right")
    return found[0] if found else None


def makers_of(*, table: Path, events: Mapping[str, Sequence[Event]], twin: Path | None = None) -> Makers | None:
    """{(clip, class): its makers} for every clip and class with events; None where nothing tells who made them.

    table: the strong table that `events`, {clip: its events}, were read from; twin: see `twin_of`. Other clips and
    classes that are named there are left out. A cell whose events have several makers has all of them.

    Raises UserError where the origin of an event is not given: a guess would make intervals too narrow.
    """
    found, source = _read(table), table
    if found is None:
        if twin is None:
            return None
        found, source = _read(twin), twin
        if found is None:
            raise UserError(
                f"{twin}:1: no column 'maker' or 'group'",
                "name the maker of each event in a column maker, or remove it",
            )
    cells = {(clip, event.label): None for clip, some in events.items() for event in some}
    for clip, label in cells:
        if (clip, label) not in found:
            raise UserError(
                f"{table}:{_line(table, clip, label)}: {source} does not say who made {label!r} in {clip!r}",
                "add a row there; an unknown maker may be called after the clip",
            )
    return {cell: frozenset(found[cell]) for cell in cells}


def _read(path: Path) -> dict[tuple[str, str], set[str]] | None:
    """{(clip, class): makers} of a table with the columns of a strong one; None without a column of makers."""
    lines = read_lines(path)
    delimiter, columns, kind = read_header(path, lines[0])
    if kind != "strong":
        raise UserError(f"{path}:1: this is a {kind} table where a strong table is needed", "name filename, onset, ...")
    column = next((name for name in COLUMNS if name in columns), None)
    if column is None:
        return None
    if columns.count(column) > 1:
        raise UserError(f"{path}:1: the column {column!r} is there twice", "keep one of them")
    clip_at, label_at, maker_at = (columns.index(name) for name in ("filename", "event_label", column))
    found: dict[tuple[str, str], set[str]] = {}
    for line, fields in rows(path, lines, columns, delimiter):
        clip, label, maker = fields[clip_at], fields[label_at], fields[maker_at]
        if problem := clip_name_problem(clip):
            raise UserError(f"{path}:{line}: {problem}", "give the plain name of a file in the split's audio folder")
        if not (label or fields[columns.index("onset")] or fields[columns.index("offset")]):
            continue  # a clip without events
        if problem := class_name_problem(label):
            raise UserError(f"{path}:{line}: {problem}", "a row names one class")
        if not maker:
            raise UserError(
                f"{path}:{line}: the {column} of {label!r} in {clip!r} is empty",
                "name who made it; an unknown maker may be called after the clip",
            )
        found.setdefault((clip, label), set()).add(maker)
    return found


def _line(table: Path, clip: str, label: str) -> int:
    """The first line of a strong table with an event of this class in this clip."""
    lines = read_lines(table)
    delimiter, columns, _ = read_header(table, lines[0])
    clip_at, label_at = columns.index("filename"), columns.index("event_label")
    return next(
        n for n, row in rows(table, lines, columns, delimiter) if (row[clip_at], row[label_at]) == (clip, label)
    )
