"""Who made the events of a table: from its own column, from its twin, or from nowhere."""

from pathlib import Path

import pytest

from kd.corpus import read_events
from kd.corpus.makers import Makers, makers_of, twin_of
from kd.errors import UserError

STRONG = "filename\tonset\toffset\tevent_label\n"
SOURCES = "filename\tonset\toffset\tevent_label\trecording\tgroup\n"
TABLE = STRONG + "a.wav\t0\t1\tDog\na.wav\t2\t3\tCat\nb.wav\t\t\t\nc.wav\t0\t1\tDog\n"
TWIN = SOURCES + (
    "a.wav\t0\t1\tDog\tr1\tann\na.wav\t0\t1\tDog\tr1\tann\na.wav\t2\t2.5\tCat\tr2\tbob\n"
    "a.wav\t2.4\t3\tCat\tr3\tann\nb.wav\t\t\t\t\t\nc.wav\t0\t1\tDog\tr1\tann\nc.wav\t0\t1\tCow\tr9\tcid\n"
)


def read(root: Path, table: str = TABLE, twin: str | None = None) -> Makers | None:
    path = root / "metadata" / "test" / "test.tsv"
    path.parent.mkdir(parents=True)
    path.write_text(table)
    if twin is not None:
        other = root / "sources" / "test" / "test.tsv"
        other.parent.mkdir(parents=True)
        other.write_text(twin)
    return makers_of(table=path, events=read_events(path), twin=twin_of(root.resolve(), "test/test"))


def test_nothing_tells(tmp_path: Path) -> None:
    assert read(tmp_path) is None


def test_the_twin_tells(tmp_path: Path) -> None:
    assert read(tmp_path, twin=TWIN) == {
        ("a.wav", "Dog"): {"ann"},
        ("a.wav", "Cat"): {"ann", "bob"},
        ("c.wav", "Dog"): {"ann"},
    }


@pytest.mark.parametrize("header", ["maker", "group", "group\tmaker"])
def test_the_tables_own_column_goes_first(tmp_path: Path, header: str) -> None:
    extra = "x\t" if "\t" in header else ""
    table = f"{STRONG.strip()}\t{header}\na.wav\t0\t1\tDog\t{extra}eve\nb.wav\t\t\t\t{extra}\n"
    assert read(tmp_path, table, TWIN) == {("a.wav", "Dog"): {"eve"}}


def test_classes_that_are_not_scored_need_no_maker(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(f"{STRONG.strip()}\tmaker\na.wav\t0\t1\tDog\tann\n")
    assert makers_of(table=path, events={"a.wav": ()}) == {}


@pytest.mark.parametrize(
    ("table", "twin", "where", "what"),
    [
        (TABLE, TWIN.replace("Dog\tr1\tann", "Dog\tr1\t"), "sources/test/test.tsv:2", "the group of 'Dog' in 'a.wav'"),
        (
            TABLE,
            TWIN.replace("c.wav\t0\t1\tDog\tr1\tann\n", ""),
            "metadata/test/test.tsv:5",
            "does not say who made 'Dog'",
        ),
        (TABLE, TWIN.replace("Dog", "dog"), "metadata/test/test.tsv:2", "'Dog' in 'a.wav'"),
        (TABLE, TWIN.replace("group", "Maker"), "sources/test/test.tsv:1", "no column 'maker' or 'group'"),
        (TABLE, TWIN.replace("recording", "group"), "sources/test/test.tsv:1", "twice"),
        (TABLE, TWIN.replace("\tann\n", "\n", 1), "sources/test/test.tsv:2", "5 fields"),
        (TABLE, TWIN.replace("a.wav", "../a.wav", 1), "sources/test/test.tsv:2", "leads out"),
        (TABLE, TWIN.replace("Cow", "Cow,Ox"), "sources/test/test.tsv:8", "comma"),
        (TABLE, TWIN.replace("\tCow", "\t"), "sources/test/test.tsv:8", "class name is empty"),
        (TABLE, "filename\tgroup\n", "sources/test/test.tsv:1", "unknown column 'group'"),
        (TABLE, "filename\tevent_labels\n", "sources/test/test.tsv:1", "a strong table is needed"),
        (TABLE, "", "sources/test/test.tsv", "empty"),
        (TABLE.replace("\n", "\tmaker\n", 1).replace("Dog\n", "Dog\t\n"), None, "metadata/test/test.tsv:", ""),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(
    tmp_path: Path, table: str, twin: str | None, where: str, what: str
) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, table, twin)
    assert caught.value.message.startswith(f"{tmp_path}/{where}")
    assert what in caught.value.message
    assert caught.value.hint
    assert "\n" not in caught.value.message + caught.value.hint


def test_two_twins_and_a_twin_elsewhere(tmp_path: Path) -> None:
    root, away = tmp_path / "corpus", tmp_path / "away.tsv"
    (root / "sources").mkdir(parents=True)
    assert twin_of(root, "test") is None
    away.write_text(TWIN)
    (root / "sources" / "test.tsv").symlink_to(away)
    with pytest.raises(UserError, match="leads out"):
        twin_of(root, "test")
    (root / "sources" / "test.tsv").unlink()
    for name in ("test.tsv", "test.csv"):
        (root / "sources" / name).write_text(TWIN)
    with pytest.raises(UserError, match="both there"):
        twin_of(root, "test")
