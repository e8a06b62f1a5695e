"""Tables of the TAU Urban Acoustic Scenes layout, read strictly and written whole.

`meta.csv` has `filename`, `scene_label`, `identifier` (where a clip was recorded) and `source_label`; a table in
`evaluation_setup/` has `filename` and `scene_label`. Tab-separated as published, or commas. File names are `audio/<name>`.
Every error names the file and the line, the header being line 1.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kd.corpus.names import class_name_problem, clip_name_problem
from kd.corpus.table_text import read_lines, rows, split_line
from kd.errors import UserError, did_you_mean
from kd.files import atomic_write_text

META, SETUP, AUDIO = "meta.csv", "evaluation_setup", "audio"
COLUMNS = ("filename", "scene_label", "identifier", "source_label")
LAYOUT = f"a scene corpus has {META}, tables such as {SETUP}/fold1_train.csv, and their clips in {AUDIO}/"


@dataclass(frozen=True, slots=True)
class Row:
    """A clip in a table. line: where; label, place: as the table has them, empty where it has no such column."""

    line: int
    name: str
    label: str
    place: str


def read_meta(path: Path) -> dict[str, Row]:
    """{file name: its row} of `meta.csv`."""
    return _read(path, needed=("filename", "scene_label"))


def read_setup(path: Path, meta: Mapping[str, Row], *, meta_path: Path) -> dict[str, Row]:
    """{file name: its row} of a table of a fold, each with its place from `meta.csv`.

    Raises UserError for a clip that `meta.csv` lacks, or gives another scene.
    """
    found: dict[str, Row] = {}
    for name, row in _read(path, needed=("filename", "scene_label")).items():
        known = meta.get(name)
        if known is None:
            raise UserError(
                f"{path}:{row.line}: {name!r} is not in {meta_path}", "add its row there, or delete this one"
            )
        if known.label != row.label:
            raise UserError(
                f"{path}:{row.line}: {name!r} is {row.label!r} here and {known.label!r} in {meta_path}:{known.line}",
                "correct the wrong one",
            )
        found[name] = Row(row.line, name, row.label, known.place)
    return found


def _read(path: Path, *, needed: Sequence[str]) -> dict[str, Row]:
    lines = read_lines(path)
    delimiter = "," if "," in lines[0] and "\t" not in lines[0] else "\t"
    columns = split_line(path, 1, lines[0], delimiter)
    _check_columns(path, columns, needed)
    places = {column: columns.index(column) for column in COLUMNS if column in columns}
    found: dict[str, Row] = {}
    for line, fields in rows(path, lines, columns, delimiter):
        name, label = fields[places["filename"]], fields[places["scene_label"]]
        if problem := file_name_problem(name):
            raise UserError(f"{path}:{line}: {problem}", f"file names are like {AUDIO}/airport-lisbon-1000-40000-a.wav")
        if problem := class_name_problem(label):
            raise UserError(f"{path}:{line}: {problem}", "name the scene of each clip")
        if name in found:
            raise UserError(
                f"{path}:{line}: {name!r} is already in line {found[name].line}", "a clip has one row: delete the other"
            )
        place = fields[places["identifier"]] if "identifier" in places else ""
        found[name] = Row(line, name, label, place)
    if not found:
        raise UserError(f"{path}: the table lists no clip", "list clips")
    return found


def _check_columns(path: Path, columns: Sequence[str], needed: Sequence[str]) -> None:
    listed = ", ".join(map(repr, columns))
    for name in COLUMNS:
        if list(columns).count(name) > 1:
            raise UserError(f"{path}:1: the column {name!r} is there twice", "keep one of them")
    if missing := [name for name in needed if name not in columns]:
        extra = [name for name in columns if name not in COLUMNS]
        near = next(filter(None, (did_you_mean(each.lower(), missing) for each in extra)), "")
        raise UserError(
            f"{path}:1: no column {', '.join(map(repr, missing))}; found {listed}",
            near or f"a table has the columns {', '.join(needed)}, separated by tabs",
        )


def file_name_problem(name: str) -> str:
    """What is wrong with a clip's name in a table; empty where nothing is."""
    folder, slash, plain = name.partition("/")
    if not slash or folder != AUDIO:
        return f"{name!r} is not below {AUDIO}/"
    return clip_name_problem(plain) or ""


def write_scene_tables(root: Path, clips: Mapping[str, tuple[str, str]], setups: Mapping[str, Iterable[str]]) -> None:
    """Write `meta.csv` and the tables of folds, tab-separated, each whole or not at all.

    clips: {file name: (scene, place)}; setups: {table: its file names}.
    """
    lines = [f"{name}\t{label}\t{place}\ta" for name, (label, place) in clips.items()]
    atomic_write_text(root / META, "\n".join(["\t".join(COLUMNS), *lines]) + "\n")
    for setup, names in setups.items():
        listed = [f"{name}\t{clips[name][0]}" for name in names]
        atomic_write_text(root / SETUP / f"{setup}.csv", "\n".join(["filename\tscene_label", *listed]) + "\n")


def setup_names(root: Path) -> Iterator[str]:
    """The tables of folds that a corpus has, sorted."""
    yield from sorted(path.stem for path in (root / SETUP).glob("*.csv") if path.is_file())
