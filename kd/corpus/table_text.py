"""A label table as rows of named fields: bytes, header and dialect; what the fields mean is `tables.py`'s."""

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from kd.errors import UserError, did_you_mean

Kind = Literal["weak", "strong", "names"]
COLUMNS: dict[Kind, tuple[str, ...]] = {
    "names": ("filename",),
    "weak": ("filename", "event_labels"),
    "strong": ("filename", "onset", "offset", "event_label"),
}
_KNOWN = ("filename", "onset", "offset", "event_label", "event_labels")
_IGNORED = ("", "index", "Unnamed: 0", "duration")


def read_lines(path: Path) -> list[str]:
    """The table's lines, the header first, blank lines at the end dropped. Raises UserError for what is no text."""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise UserError(f"{path}: this is no plain file, and a table is read more than once", "save it to a file")
        data = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such table", "check the path") from None
    except IsADirectoryError:
        raise UserError(f"{path}: this is a folder, not a table", "name the table's file") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}", "check the file's permissions") from None
    except ValueError:
        raise UserError(f"{str(path)!r} is not a path", "check the path") from None
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UserError(f"{path}: the table is UTF-16 text", "save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}:{line}: a byte is not UTF-8 text", "save the table as UTF-8") from None
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise UserError(f"{path}:{line}: a zero byte: this is not a text table", "save the table as plain UTF-8 text")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[-1].strip(" "):
        lines.pop()
    if not lines:
        raise UserError(f"{path}: the table is empty", "a table starts with a line of column names")
    return lines


def read_header(path: Path, line: str) -> tuple[str, list[str], Kind]:
    """(delimiter, columns, kind) of a header line. Raises UserError where it is that of no known table."""
    delimiter = "," if "," in line and "\t" not in line else "\t"
    columns = split_line(path, 1, line, delimiter)
    found = ", ".join(repr(c) for c in columns)
    for name in _KNOWN:
        if columns.count(name) > 1:
            raise UserError(f"{path}:1: the column {name!r} is there twice", "keep one of them")
    extra = [c for c in columns if c not in _KNOWN and c not in _IGNORED]
    strong = [c for c in ("onset", "offset", "event_label") if c in columns]
    kind: Kind = "strong" if strong else "weak" if "event_labels" in columns else "names"
    if kind == "strong" and "event_labels" in columns:
        raise UserError(
            f"{path}:1: columns of both a weak and a strong table: {found}",
            "keep event_labels, or onset, offset and event_label",
        )
    missing = [c for c in COLUMNS[kind] if c not in columns]
    if missing:
        raise UserError(
            f"{path}:1: no column {', '.join(repr(c) for c in missing)}; found {found}",
            _column_hint(missing, extra, line),
        )
    if kind == "names" and extra:
        raise UserError(
            f"{path}:1: unknown column {extra[0]!r}; found {found}",
            next(filter(None, (did_you_mean(c, _KNOWN) for c in extra)), _layouts()),
        )
    return delimiter, columns, kind


def rows(path: Path, lines: list[str], columns: list[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, fields) of each row after the header. Raises UserError for blank and ragged rows."""
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip(" "):
            raise UserError(f"{path}:{number}: a blank line between rows", "delete it")
        fields = split_line(path, number, line, delimiter)
        if len(fields) != len(columns):
            raise UserError(
                f"{path}:{number}: {count(len(fields), 'field')} where the header has {len(columns)}",
                _ragged_hint(columns, len(fields), delimiter),
            )
        yield number, fields


def split_line(path: Path, number: int, line: str, delimiter: str) -> list[str]:
    """The fields of one line, spaces around them dropped; a field may stand in double quotes."""
    if '"' not in line:
        return [field.strip(" ") for field in line.split(delimiter)]
    try:
        (fields,) = csv.reader([line], delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        raise UserError(
            f"{path}:{number}: quotes that do not close or stand inside a field", "quote whole fields, on one line"
        ) from None
    return [field.strip(" ") for field in fields]


def count(number: int, noun: str) -> str:
    """`1 clip`, `2 clips`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _column_hint(missing: list[str], extra: list[str], line: str) -> str:
    if ";" in line:
        return "separate the columns with tabs or commas, not semicolons"
    if line.split("\t", maxsplit=1)[0].endswith((".wav", ".flac", ".ogg")):
        return "the first line is a row: put the column names above it"
    for column in extra:
        if near := did_you_mean(column.lower(), missing):
            return f"{column!r}: {near}"
    return _layouts()


def _layouts() -> str:
    return "tables have the columns " + "; or ".join(", ".join(columns) for columns in COLUMNS.values())


def _ragged_hint(columns: list[str], fields: int, delimiter: str) -> str:
    if fields > len(columns) and delimiter == "," and "event_labels" in columns:
        return "put the list of classes in double quotes, or separate the columns with tabs"
    if fields < len(columns):
        return "a clip without events is its file name and empty fields: keep the separators"
    return "separate the columns with tabs, or with commas, throughout the file"
