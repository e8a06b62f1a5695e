"""Label tables in every dialect, and back again."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kd.corpus import Event, read_events, read_names, read_table_kind, read_weak, write_events
from kd.corpus.tables import tidy
from kd.errors import UserError

WANTED = {
    "Y-a_0.000_9.000.wav": (Event(0.0, 10.115, "Dog"), Event(1.5, 2.0, "Dog"), Event(1.5, 2.0, "Cat")),
    "b.wav": (Event(5.22, 6.8, "Speech"),),
}
TAB = (
    "filename\tonset\toffset\tevent_label\n"
    "Y-a_0.000_9.000.wav\t0.000\t10.115\tDog\n"
    "Y-a_0.000_9.000.wav\t1.5\t2\tDog\n"
    "Y-a_0.000_9.000.wav\t1.5\t2\tCat\n"
    "b.wav\t5.22\t6.8\tSpeech\n"
)


def _reordered(delimiter: str, index: str, *, index_first: bool) -> str:
    rows = [line.split("\t") for line in TAB.splitlines()]
    out = []
    for i, (name, onset, offset, label) in enumerate(rows):
        number = str(i - 1) if i else index
        fields = [label, onset, offset, name]
        out.append(delimiter.join([number, *fields] if index_first else [*fields, number]))
    return "\n".join(out) + "\n"


DIALECTS = {
    "tabs": TAB,
    "commas": TAB.replace("\t", ","),
    "windows line ends": TAB.replace("\n", "\r\n"),
    "old mac line ends": TAB.replace("\n", "\r"),
    "byte-order mark": "\ufeff" + TAB,
    "no last line end": TAB.rstrip("\n"),
    "blank lines at the end": TAB + "\n\n  \n",
    "unnamed index first, commas": _reordered(",", "", index_first=True),
    "named index last": _reordered("\t", "index", index_first=False),
    "quoted": "\n".join("\t".join(f'"{f}"' for f in line.split("\t")) for line in TAB.splitlines()),
    "spaces": TAB.replace("\t", " \t "),
    "another column": "\n".join(f"{line}\tx" for line in TAB.splitlines()),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_strong_table_reads_the_same_in_every_dialect(tmp_path: Path, dialect: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(DIALECTS[dialect], newline="")
    assert read_table_kind(path) == "strong"
    assert read_events(path) == WANTED
    assert list(read_events(path)) == list(WANTED)


def test_a_row_of_empty_fields_is_a_clip_without_events(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("filename\tonset\toffset\tevent_label\nb.wav\t\t\t\na.wav\t0\t1\tDog\n")
    assert list(read_events(path).items()) == [("b.wav", ()), ("a.wav", (Event(0.0, 1.0, "Dog"),))]


def test_a_header_alone_is_a_table_of_no_clips(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("filename\tonset\toffset\tevent_label\n")
    assert read_events(path) == {}


def test_weak_labels_are_separated_by_commas_whatever_separates_columns(tmp_path: Path) -> None:
    wanted = {"a.wav": ("Speech", "Dog"), "b.wav": (), "c.wav": ("Dog",)}
    for name, text in {
        "tabs": "filename\tevent_labels\na.wav\tSpeech, Dog\nb.wav\t\nc.wav\tDog,Dog\n",
        "commas": 'filename,event_labels\na.wav,"Speech,Dog"\nb.wav,\nc.wav,Dog\n',
        "turned": "event_labels\tfilename\nSpeech,Dog\ta.wav\n\tb.wav\nDog\tc.wav\n",
    }.items():
        path = tmp_path / name
        path.write_text(text)
        assert read_table_kind(path) == "weak"
        assert read_weak(path) == wanted


def test_names_are_read_in_order_commas_and_all(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("filename\nYb.wav\nYa, really.wav\n")
    assert read_table_kind(path) == "names"
    assert read_names(path) == ("Yb.wav", "Ya, really.wav")


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="/\\"),
    min_size=1,
    max_size=30,
).filter(lambda s: s == s.strip(" ") and s not in (".", "..") and s)
LABELS = NAMES.filter(lambda s: "," not in s)
TIMES = st.tuples(st.floats(0, 1e5, allow_subnormal=False), st.floats(1e-3, 1e5, allow_subnormal=False)).filter(
    lambda t: t[0] + t[1] > t[0]
)
EVENTS = st.lists(
    st.builds(lambda t, label: Event(t[0], t[0] + t[1], label), TIMES, LABELS), max_size=4, unique=True
).map(tuple)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.dictionaries(NAMES, EVENTS, max_size=5))
def test_what_is_written_reads_back_the_same(tmp_path: Path, events: dict[str, tuple[Event, ...]]) -> None:
    path = tmp_path / "t.tsv"
    write_events(path, events)
    assert read_events(path) == events
    assert list(read_events(path)) == list(events)


def test_numpy_times_are_written_as_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    write_events(path, {"a.wav": [Event(float(np.float64(0.1)), np.float32(0.5), "Dog")]})  # type: ignore[arg-type]
    assert path.read_text().splitlines()[1] == "a.wav\t0.1\t0.5\tDog"


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("../a.wav", Event(0, 1, "Dog")),
        ("a\tb.wav", Event(0, 1, "Dog")),
        (" a.wav", Event(0, 1, "Dog")),
        ("a.wav", Event(1, 1, "Dog")),
        ("a.wav", Event(float("nan"), 1, "Dog")),
        ("a.wav", Event(0, 1, "")),
        ("a.wav", Event(0, 1, " Dog")),
        ("a.wav", Event(0, 1, "Dog,Cat")),
    ],
)
def test_what_could_not_be_read_back_is_not_written(tmp_path: Path, name: str, event: Event) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("kept")
    with pytest.raises(UserError):
        write_events(path, {name: [event]})
    assert path.read_text() == "kept"
    assert [p.name for p in tmp_path.iterdir()] == ["t.tsv"]


def test_tidy_joins_near_events_of_one_class() -> None:
    events = [Event(2, 3, "Dog"), Event(0, 1, "Dog"), Event(1.1, 1.5, "Dog"), Event(1.0, 4.0, "Cat")]
    assert tidy(events) == (Event(0, 1.5, "Dog"), Event(1.0, 4.0, "Cat"), Event(2, 3, "Dog"))


def test_a_list_of_clips_may_tell_their_durations(tmp_path: Path) -> None:
    table = tmp_path / "durations.tsv"
    table.write_text("filename\tduration\na.wav\t10.0\nb.wav\t9.2\n")
    assert list(read_names(table)) == ["a.wav", "b.wav"]
