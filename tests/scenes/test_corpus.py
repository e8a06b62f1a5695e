"""Scene corpora: what is read, held out, refused."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kd.errors import UserError
from kd.scenes.corpus import SceneCorpus, load_scenes
from kd.scenes.layout import locate_scenes, scene_root
from kd.scenes.tables import read_meta, read_setup, write_scene_tables

NAMES = st.text(st.characters(categories=("L", "N", "P"), exclude_characters='/\\,"'), min_size=1, max_size=20)


def names(corpus: SceneCorpus, part: str) -> set[str]:
    return {clip.name for clip in getattr(corpus, part).clips}


def test_parts_and_places(scenes: Path) -> None:
    corpus = load_scenes(scenes)
    assert len(corpus.classes) == 10 and list(corpus.classes) == sorted(corpus.classes)
    assert len(corpus.train.clips) + len(corpus.select.clips) == 60 and corpus.report and len(corpus.report.clips) == 20
    places = [{clip.place for clip in part.clips} for part in (corpus.train, corpus.select, corpus.report)]
    assert not places[0] & places[1] and not places[0] & places[2]
    assert {clip.label for clip in corpus.select.clips} == set(corpus.classes)
    assert all(clip.facts.channels == 2 for clip in corpus.train.clips)


def test_what_is_held_out_is_a_function_of_the_seed(scenes: Path, own_scenes: Path) -> None:
    first, again, other = load_scenes(scenes), load_scenes(own_scenes), load_scenes(scenes, seed=1)
    assert first.digest == again.digest and names(first, "select") == names(again, "select")
    assert names(first, "select") != names(other, "select") and first.digest != other.digest
    more = load_scenes(scenes, hold_out=0.5)
    assert len(more.select.clips) > len(first.select.clips)


def test_a_table_to_choose_on(scenes: Path) -> None:
    corpus = load_scenes(scenes, select_on="fold1_evaluate", report_on="")
    assert len(corpus.train.clips) == 60 and len(corpus.select.clips) == 20 and corpus.report is None
    both = load_scenes(scenes, select_on="fold1_evaluate")
    assert any("chosen on" in note for note in both.notes)


def test_some_classes_only(scenes: Path) -> None:
    corpus = load_scenes(scenes, classes=("tram", "metro"))
    assert corpus.classes == ("metro", "tram") and len(corpus.train.clips) + len(corpus.select.clips) == 12


def edit(path: Path, change: Callable[[list[list[str]]], None]) -> None:
    rows = list(csv.reader(path.read_text().splitlines(), delimiter="\t"))
    change(rows)
    path.write_text("\n".join("\t".join(row) for row in rows) + "\n")


def swap(row: int, column: int, value: str) -> Callable[[list[list[str]]], None]:
    def change(rows: list[list[str]]) -> None:
        rows[row][column] = value

    return change


def again(row: int) -> Callable[[list[list[str]]], None]:
    return lambda rows: rows.append(rows[row])


TRAIN, META = "evaluation_setup/fold1_train.csv", "meta.csv"


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        (TRAIN, swap(0, 0, "file"), r"fold1_train\.csv:1: no column 'filename'"),
        (TRAIN, swap(3, 1, "tram"), r"fold1_train\.csv:4: .* is 'tram' here and 'airport' in"),
        (TRAIN, swap(3, 0, "audio/other.wav"), r"fold1_train\.csv:4: .* is not in"),
        (TRAIN, swap(3, 0, "audio/../../x.wav"), r"fold1_train\.csv:4: .* leads out"),
        (TRAIN, swap(3, 0, "/etc/passwd"), r"fold1_train\.csv:4: .* is not below audio/"),
        (TRAIN, again(3), r"fold1_train\.csv:62: .* already in line 4"),
        (META, swap(5, 1, ""), r"meta\.csv:6: a class name is empty"),
        (META, again(5), r"meta\.csv:82: .* already in line 6"),
        (META, lambda rows: rows.__delitem__(slice(1, None)), r"meta\.csv: the table lists no clip"),
        ("evaluation_setup/fold1_evaluate.csv", lambda rows: rows.append(["audio/airport-train-0-000.wav", "airport"]),
         "share 'audio/airport-train-0-000.wav'"),
    ],
)  # fmt: skip
def test_wrong_tables(own_scenes: Path, table: str, change: Callable[[list[list[str]]], None], said: str) -> None:
    edit(own_scenes / table, change)
    with pytest.raises(UserError, match=said):
        load_scenes(own_scenes)


def test_other_scenes_in_what_is_scored(own_scenes: Path) -> None:
    for table in (META, "evaluation_setup/fold1_evaluate.csv"):
        path = own_scenes / table
        path.write_text(path.read_text().replace("evaluate-0-000.wav\tbus", "evaluate-0-000.wav\tbuss"))
    with pytest.raises(UserError, match=r"fold1_evaluate\.csv:\d+: the scene 'buss' is not in") as error:
        load_scenes(own_scenes)
    assert "bus" in error.value.hint
    with pytest.raises(UserError, match="tarm") as error:
        load_scenes(own_scenes, classes=("tarm",))
    assert "tram" in error.value.hint


def test_audio_that_is_absent_broken_or_there_twice(own_scenes: Path) -> None:
    clips = sorted((own_scenes / "audio").glob("bus-train-*"))
    data = clips[0].read_bytes()
    clips[0].unlink()
    with pytest.raises(UserError, match="1 of 80 listed clips without audio"):
        load_scenes(own_scenes)
    assert any("1 of 80" in note for note in load_scenes(own_scenes, missing="skip").notes)
    clips[0].write_bytes(b"")
    with pytest.raises(UserError, match="zero-length"):
        load_scenes(own_scenes)
    clips[0].write_bytes(data)
    shutil.copy(next((own_scenes / "audio").glob("tram-evaluate-*")), clips[0])
    with pytest.raises(UserError, match="are the same audio"):
        load_scenes(own_scenes)
    clips[0].unlink()
    clips[0].symlink_to("/etc/hostname")
    with pytest.raises(UserError, match="leads out of the corpus"):
        load_scenes(own_scenes)


def test_places_that_cannot_be_parted(own_scenes: Path) -> None:
    path = own_scenes / META
    text = path.read_text()
    path.write_text(
        "\n".join(
            line.replace("\ttram-train-0", "\there").replace("\ttram-train-1", "\there") for line in text.split("\n")
        )
    )
    for number in range(2, 8):
        path.write_text(path.read_text().replace(f"\ttram-train-{number}\t", "\there\t"))
    assert any("tram are of one place" in note for note in load_scenes(own_scenes).notes)


def test_what_is_no_scene_corpus(tmp_path: Path, corpus: Path) -> None:
    with pytest.raises(UserError, match="is an empty folder"):
        scene_root(tmp_path)
    with pytest.raises(UserError, match="corpus of sound events"):
        scene_root(corpus)
    with pytest.raises(UserError, match="there is no such folder"):
        locate_scenes(str(tmp_path / "none"), home=tmp_path)


def test_tables_that_are_absent(scenes: Path) -> None:
    with pytest.raises(UserError, match="there is no table") as error:
        load_scenes(scenes, train="fold1_trian")
    assert "fold1_train" in error.value.hint
    with pytest.raises(UserError, match="not a table's name"):
        load_scenes(scenes, train="evaluation_setup/fold1_train.csv")


@given(st.dictionaries(NAMES, st.tuples(NAMES, NAMES), min_size=1, max_size=8))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, clips: dict[str, tuple[str, str]]
) -> None:
    root = tmp_path_factory.mktemp("tables")
    written = {f"audio/{name}": value for name, value in clips.items() if name not in (".", "..")}
    if not written:
        return
    write_scene_tables(root, written, {"fold1_train": list(written)})
    meta = read_meta(root / META)
    found = read_setup(root / TRAIN, meta, meta_path=root / META)
    assert {name: (row.label, row.place) for name, row in found.items()} == written
