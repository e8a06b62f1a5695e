"""Every wrong table is refused in one line that names the file, the line and the cure."""

from pathlib import Path

import pytest

from kd.corpus import read_events, read_names, read_table_kind, read_weak
from kd.errors import UserError

S = b"filename\tonset\toffset\tevent_label\n"
W = b"filename\tevent_labels\n"
N = b"filename\n"
# name: (reader, bytes, where in the message, what in the message or the hint)
CASES = {
    "no bytes": (read_events, b"", "", "empty"),
    "only blank lines": (read_events, b"\n \n", "", "empty"),
    "not text": (read_events, S + b"a.wav\t0\t1\tD\xe9g\n", ":2", "UTF-8"),
    "zero bytes": (read_events, S + b"a.wav\t0\t1\tD\x00g\n", ":2", "zero byte"),
    "no header": (read_events, b"a.wav\t0\t1\tDog\n", ":1", "put the column names above it"),
    "semicolons": (read_events, b"filename;onset;offset;event_label\n", ":1", "semicolons"),
    "column missing": (read_events, b"filename\tonset\toffset\n", ":1", "no column 'event_label'"),
    "column misspelt": (read_events, b"filename\tonset\tofset\tevent_label\n", ":1", "did you mean 'offset'?"),
    "column in capitals": (read_events, b"Filename\tonset\toffset\tevent_label\n", ":1", "did you mean 'filename'?"),
    "column twice": (read_events, b"filename\tonset\tonset\toffset\tevent_label\n", ":1", "twice"),
    "weak and strong columns": (read_events, b"filename\tonset\tevent_labels\n", ":1", "both"),
    "weak for strong": (read_events, W, ":1", "a strong table is needed"),
    "strong for weak": (read_weak, S, ":1", "a weak table is needed"),
    "weak for names": (read_names, W, ":1", "a names table is needed"),
    "names with labels": (read_names, b"filename\tlabel\na.wav\tDog\n", ":1", "unknown column 'label'"),
    "onset no number": (read_events, S + b"a.wav\tx\t1\tDog\n", ":2", "not a number"),
    "onset NaN": (read_events, S + b"a.wav\tnan\t1\tDog\n", ":2", "not a number"),
    "offset infinite": (read_events, S + b"a.wav\t0\tinf\tDog\n", ":2", "not a number"),
    "offset overflows": (read_events, S + b"a.wav\t0\t1e999\tDog\n", ":2", "not finite"),
    "decimal comma": (read_events, S + b"a.wav\t0,5\t1\tDog\n", ":2", "decimal point"),
    "number with underscore": (read_events, S + b"a.wav\t0\t1_0\tDog\n", ":2", "not a number"),
    "foreign digits": (read_events, S + "a.wav\t0\t٣\tDog\n".encode(), ":2", "not a number"),
    "negative onset": (read_events, S + b"a.wav\t-0.1\t1\tDog\n", ":2", "negative"),
    "offset before onset": (read_events, S + b"b.wav\t0\t1\tDog\na.wav\t2\t1\tDog\n", ":3", "before onset"),
    "offset at onset": (read_events, S + b"a.wav\t1\t1\tDog\n", ":2", "equals onset"),
    "milliseconds of a week": (read_events, S + b"a.wav\t0\t604800000\tDog\n", ":2", "give seconds"),
    "no label": (read_events, S + b"a.wav\t0\t1\t\n", ":2", "no event_label"),
    "no onset": (read_events, S + b"a.wav\t\t1\tDog\n", ":2", "no onset"),
    "label alone": (read_events, S + b"a.wav\t\t\tDog\n", ":2", "no onset and no offset"),
    "two labels in a strong row": (read_events, S + b"a.wav\t0\t1\tDog,Cat\n", ":2", "comma"),
    "field missing": (read_events, S + b"a.wav\t0\t1\n", ":2", "3 fields"),
    "separators missing": (read_events, S + b"a.wav\n", ":2", "keep the separators"),
    "field too many": (read_events, S + b"a.wav\t0\t1\tDog\tx\n", ":2", "5 fields"),
    "unquoted labels in a comma table": (read_weak, b"filename,event_labels\na.wav,Cat,Dog\n", ":2", "double quotes"),
    "open quote": (read_weak, W + b'a.wav\t"Cat\nb.wav\tDog"\n', ":2", "quotes"),
    "blank line inside": (read_events, S + b"\na.wav\t0\t1\tDog\n", ":2", "blank line"),
    "event twice": (read_events, S + b"a.wav\t0\t1\tDog\na.wav\t0.0\t1.0\tDog\n", ":3", "line 2"),
    "empty row and events": (read_events, S + b"a.wav\t0\t1\tDog\na.wav\t\t\t\n", ":3", "line 2"),
    "events and empty row": (read_events, S + b"a.wav\t\t\t\na.wav\t0\t1\tDog\n", ":3", "line 2"),
    "two empty rows": (read_events, S + b"a.wav\t\t\t\na.wav\t\t\t\n", ":3", "line 2"),
    "weak clip twice": (read_weak, W + b"a.wav\tDog\na.wav\tCat\n", ":3", "line 2"),
    "name twice": (read_names, N + b"a.wav\nb.wav\na.wav\n", ":4", "line 2"),
    "empty class in a list": (read_weak, W + b"a.wav\tDog,,Cat\n", ":2", "class name is empty"),
    "trailing comma": (read_weak, W + b"a.wav\tDog,\n", ":2", "class name is empty"),
    "no file name": (read_weak, W + b"\tDog\n", ":2", "file name is empty"),
    "climbing out": (read_names, N + b"../../etc/passwd\n", ":2", "leads out"),
    "climbing out on Windows": (read_names, N + b"..\\a.wav\n", ":2", "leads out"),
    "absolute": (read_names, N + b"/etc/passwd\n", ":2", "leads out"),
    "parent": (read_names, N + b"..\n", ":2", "leads out"),
    "folder in the name": (read_names, N + b"weak/a.wav\n", ":2", "leads out"),
    "escape sequence in a name": (read_names, N + b"a\x1b[2J.wav\n", ":2", "control character"),
    "endless name": (read_names, N + b"a" * 300 + b".wav\n", ":2", "255 bytes"),
    "endless class": (read_weak, W + b"a.wav\t" + b"D" * 300 + b"\n", ":2", "200 characters"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_table_is_refused_with_its_line(tmp_path: Path, case: str) -> None:
    read, data, where, what = CASES[case]
    path = tmp_path / "t.tsv"
    path.write_bytes(data)
    with pytest.raises(UserError) as caught:
        read(path)
    error = caught.value
    assert error.message.startswith(f"{path}{where}:")
    assert what in error.message + " " + error.hint
    assert error.hint
    assert "\n" not in error.message + error.hint
    assert "\x1b" not in error.message


@pytest.mark.parametrize("read", [read_events, read_weak, read_names, read_table_kind])
def test_no_file_a_folder_and_no_path(tmp_path: Path, read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError, match="there is no such table"):
        read(tmp_path / "absent.tsv")
    with pytest.raises(UserError, match="a folder"):
        read(tmp_path)
    with pytest.raises(UserError, match="not a path"):
        read("a\x00b")
