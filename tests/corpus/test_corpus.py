"""Loading a corpus, and refusing what would spoil training."""

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from kd.corpus import Event, Roles, load_corpus
from kd.errors import UserError

from .conftest import STRONG, Folder


def refused(folder: Folder, **how) -> UserError:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError) as caught:
        load_corpus(folder.root, **how)
    assert "\n" not in caught.value.message + caught.value.hint
    assert caught.value.hint
    return caught.value


def test_a_corpus_is_its_splits_classes_and_notes(folder: Folder) -> None:
    corpus = load_corpus(folder.root)
    assert corpus.classes == ("Cat", "Dog")
    assert [s.name for s in corpus.splits()] == [
        "train/weak",
        "train/unlabel_in_domain",
        "validation/validation",
        "test/test",
    ]
    assert corpus.weak.tags == {"w0.wav": ("Dog",), "w1.wav": ("Cat", "Dog"), "w2.wav": ()}
    assert corpus.select.events == {"v0.wav": (Event(0.05, 0.15, "Dog"),), "v1.wav": ()}
    assert corpus.select.tags == {"v0.wav": ("Dog",), "v1.wav": ()}
    assert corpus.in_domain is not None and not corpus.in_domain.tags and corpus.in_domain.names == ("u0.wav",)
    assert corpus.out_of_domain is None and corpus.strong is None
    assert corpus.select.audio_dir == corpus.root / "audio" / "validation"
    facts = corpus.select.clips[0].facts
    assert facts is not None and (facts.rate, facts.channels, facts.seconds) == (8000, 1, 0.2)
    assert corpus.notes == (
        "out_of_domain=train/unlabel_out_of_domain: there is no such table, so this part is empty",
        "validation/validation: no event of Cat",
        "test/test: no event of Dog",
    )


def test_a_splits_own_audio_folder_comes_before_its_parents(folder: Folder) -> None:
    own = folder.root / "audio" / "validation" / "validation"
    own.mkdir()
    for name in ("v0.wav", "v1.wav"):
        (folder.root / "audio" / "validation" / name).rename(own / name)
    assert load_corpus(folder.root).select.audio_dir == own


def test_the_digest_follows_content_not_place(folder: Folder, tmp_path: Path) -> None:
    first = load_corpus(folder.root).digest
    moved = Folder(tmp_path / "moved")
    shutil.copytree(folder.root, moved.root)
    assert load_corpus(moved.root).digest == first
    moved.audio("test/t0.wav", seed=99)
    second = load_corpus(moved.root).digest
    assert second != first
    moved.table("test/test", STRONG + "t0.wav\t0\t0.11\tCat\n")
    assert load_corpus(moved.root).digest not in (first, second)
    assert load_corpus(folder.root, classes=["Dog"]).digest != first
    assert load_corpus(folder.root, roles=Roles(report_on="")).digest != first


def test_a_cache_spares_unchanged_files_and_sees_changed_ones(folder: Folder, tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "facts.json"
    first = load_corpus(folder.root, cache=cache).digest
    assert load_corpus(folder.root, cache=cache).digest == first
    path = folder.audio("test/t0.wav", seed=99)
    os.utime(path, ns=(1, 1))
    assert load_corpus(folder.root, cache=cache).digest != first
    cache.write_text("{broken")
    assert load_corpus(folder.root, cache=cache).digest == load_corpus(folder.root).digest


def test_classes_restrict_every_split(folder: Folder) -> None:
    folder.table("test/test", STRONG + "t0.wav\t0\t0.1\tCat\nt0.wav\t0\t0.1\tHorse\n")
    corpus = load_corpus(folder.root, classes=["Dog"])
    assert corpus.classes == ("Dog",)
    assert corpus.weak.tags["w1.wav"] == ("Dog",)
    assert corpus.report is not None and corpus.report.events == {"t0.wav": ()}
    assert refused(folder, classes=["Dgo"]).hint == "did you mean 'Dog'?"
    assert "given twice" in refused(folder, classes=["Dog", "Dog"]).message


def test_a_strong_training_split_adds_classes(folder: Folder) -> None:
    folder.table("train/synthetic", STRONG + "s0.wav\t0\t0.1\tHorse\n")
    folder.audio("train/synthetic/s0.wav", seed=50)
    corpus = load_corpus(folder.root, roles=Roles(strong="train/synthetic"))
    assert corpus.classes == ("Cat", "Dog", "Horse")
    assert corpus.strong is not None and corpus.strong.events["s0.wav"] == (Event(0.0, 0.1, "Horse"),)


def test_an_unlabelled_role_takes_a_labelled_table_and_forgets_its_labels(folder: Folder) -> None:
    folder.table("train/unlabel_in_domain", STRONG + "u0.wav\t0\t0.1\tHorse\n")
    split = load_corpus(folder.root).in_domain
    assert split is not None and split.kind == "names" and not split.events and not split.tags


def test_one_split_may_select_and_report(folder: Folder) -> None:
    corpus = load_corpus(folder.root, roles=Roles(report_on="validation/validation"))
    assert corpus.report is corpus.select and corpus.scored() == (corpus.select,)


def test_an_unknown_class_in_a_scored_table(folder: Folder) -> None:
    path = folder.table("test/test", STRONG + "t0.wav\t0\t0.1\tCat\nt0.wav\t0\t0.1\tDgo\n")
    error = refused(folder)
    assert error.message.startswith(f"{path}:3:") and error.hint == "did you mean 'Dog'?"


def test_no_class_at_all(folder: Folder) -> None:
    folder.table("train/weak", "filename\tevent_labels\nw0.wav\t\n")
    assert "no row names a class" in refused(folder).message


def test_classes_that_share_a_slug(folder: Folder) -> None:
    folder.table("train/weak", "filename\tevent_labels\nw0.wav\tDog\nw1.wav\tCat,dog\nw2.wav\t\n")
    assert "share the key" in refused(folder).message


@pytest.mark.parametrize("split", ["train/weak", "validation/validation"])
def test_a_needed_table_is_absent(folder: Folder, split: str) -> None:
    (folder.root / "metadata" / f"{split}.tsv").unlink()
    assert f"{split}.tsv" in refused(folder).message


@pytest.mark.parametrize("split", ["train/weak", "validation/validation"])
def test_a_needed_table_lists_no_clip(folder: Folder, split: str) -> None:
    path = folder.root / "metadata" / f"{split}.tsv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    assert "lists no clip" in refused(folder).message


def test_a_default_table_that_lists_no_clip_is_noted(folder: Folder) -> None:
    folder.table("train/unlabel_in_domain", "filename\n")
    corpus = load_corpus(folder.root)
    assert corpus.in_domain is None and any("lists no clip" in note for note in corpus.notes)


def test_a_named_split_must_exist(folder: Folder) -> None:
    assert refused(folder, roles=Roles(report_on="test/tets")).hint == "did you mean 'test/test'?"


def test_a_table_of_another_kind(folder: Folder) -> None:
    error = refused(folder, roles=Roles(weak="test/test", report_on=""))
    assert "is a strong table, and weak needs a weak one" in error.message


def test_two_tables_of_one_split(folder: Folder) -> None:
    text = (folder.root / "metadata/test/test.tsv").read_text()
    folder.table("test/test", text, ext=".csv")
    load_corpus(folder.root)
    folder.table("test/test", text.replace("0.1", "0.2"), ext=".csv")
    assert "differ" in refused(folder).message


def test_a_csv_table_is_found(folder: Folder) -> None:
    path = folder.root / "metadata/test/test.tsv"
    path.rename(path.with_suffix(".csv"))
    assert load_corpus(folder.root).report is not None


def test_absent_audio_is_an_error_or_skipped(folder: Folder) -> None:
    (folder.root / "audio/train/weak/w1.wav").unlink()
    error = refused(folder)
    assert "1 of 3 listed clips" in error.message and "'w1.wav'" in error.message and "missing=skip" in error.hint
    corpus = load_corpus(folder.root, missing="skip")
    assert corpus.weak.names == ("w0.wav", "w2.wav") and "w1.wav" not in corpus.weak.tags
    assert "train/weak: 1 of 3 listed clips skipped: no audio" in corpus.notes
    assert corpus.classes == ("Cat", "Dog")


def test_no_audio_at_all(folder: Folder) -> None:
    shutil.rmtree(folder.root / "audio")
    assert "there is no folder" in refused(folder).message
    assert "none of its" in refused(folder, missing="skip").message
    corpus = load_corpus(folder.root, need_audio=False)
    assert corpus.weak.clips[0].path is None


def test_present_but_unlisted_audio_is_noted(folder: Folder) -> None:
    folder.audio("test/extra.wav", seed=60)
    assert "audio/test: 1 file in no table in use, left alone: 'extra.wav'" in load_corpus(folder.root).notes


def test_a_name_in_training_and_scored(folder: Folder) -> None:
    folder.table("test/test", STRONG + "w0.wav\t0\t0.1\tCat\n")
    folder.audio("test/w0.wav", seed=61)
    assert "share 1 clip: 'w0.wav'" in refused(folder).message


def test_the_same_audio_under_another_name(folder: Folder) -> None:
    folder.audio("test/t0.wav", seed=0)
    error = refused(folder)
    assert "w0.wav" in error.message and "t0.wav" in error.message and "same audio" in error.message


def _float_wav(path: Path, value: float) -> None:
    data = struct.pack("<4f", 0.0, value, 0.0, 0.1)
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(data),
        b"WAVE",
        b"fmt ",
        16,
        3,
        1,
        8000,
        32000,
        4,
        32,
        b"data",
        len(data),
    )
    path.write_bytes(head + data)


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ("no bytes", "zero-length"),
        ("no samples", "zero-length"),
        ("noise", "unreadable"),
        ("nan", "NaN"),
        ("inf", "NaN"),
        ("half", "cut short"),
        ("7 Hz", "7 samples per second"),
    ],
)
def test_audio_that_cannot_be_used(folder: Folder, how: str, what: str) -> None:
    path = folder.root / "audio/train/weak/w1.wav"
    if how == "no bytes":
        path.write_bytes(b"")
    elif how == "no samples":
        folder.audio("train/weak/w1.wav", seconds=0)
    elif how == "noise":
        path.write_bytes(b"this is no audio" * 20)
    elif how == "half":
        path.write_bytes(path.read_bytes()[:1644])
    elif how == "7 Hz":
        folder.audio("train/weak/w1.wav", rate=7, seconds=2)
    else:
        _float_wav(path, float(how))
    for missing in ("error", "skip"):
        error = refused(folder, missing=missing)
        assert error.message.startswith(str(path)) and what in error.message


def test_a_stream_whose_writer_never_filled_in_its_size_is_whole(folder: Folder) -> None:
    path = folder.root / "audio/train/weak/w1.wav"
    bytes_ = bytearray(path.read_bytes())
    for place in (4, 40):
        bytes_[place : place + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(bytes_)
    load_corpus(folder.root)


def test_a_link_out_of_the_corpus(folder: Folder, tmp_path: Path) -> None:
    path = folder.root / "audio/train/weak/w1.wav"
    path.rename(tmp_path / "outside.wav")
    path.symlink_to(tmp_path / "outside.wav")
    assert "leads out of the corpus" in refused(folder).message
    path.unlink()
    (tmp_path / "outside.wav").rename(folder.root / "audio" / "inside.wav")
    path.symlink_to(folder.root / "audio" / "inside.wav")
    load_corpus(folder.root)


def test_a_table_or_a_folder_that_is_a_link_out(folder: Folder, tmp_path: Path) -> None:
    audio = folder.root / "audio/test"
    audio.rename(tmp_path / "test")
    audio.symlink_to(tmp_path / "test")
    assert "leads out of the corpus" in refused(folder).message
    table = folder.root / "metadata/test/test.tsv"
    table.rename(tmp_path / "test.tsv")
    table.symlink_to(tmp_path / "test.tsv")
    assert "leads out of the corpus" in refused(folder).message


def test_a_corpus_reached_through_a_link(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder.root)
    assert load_corpus(tmp_path / "link").digest == load_corpus(folder.root).digest


def test_labels_after_the_end_of_a_clip_are_noted(folder: Folder) -> None:
    folder.table("test/test", STRONG + "t0.wav\t0.5\t0.6\tCat\n")
    assert any("events start after the end of 1 clip" in note for note in load_corpus(folder.root).notes)


def test_no_corpus(tmp_path: Path) -> None:
    for name, what in (
        ("absent", "no such folder"),
        ("empty", "empty folder"),
        ("other", "no metadata/"),
        ("file", "a file"),
    ):
        path = tmp_path / name
        if name in ("empty", "other"):
            path.mkdir()
        if name in ("other", "file"):
            (path / "x" if name == "other" else path).write_text("x")
        with pytest.raises(UserError, match=what):
            load_corpus(path)
    with pytest.raises(UserError, match="neither error nor skip"):
        (tmp_path / "empty" / "metadata").mkdir()
        load_corpus(tmp_path / "empty", missing="ignore")  # type: ignore[arg-type]


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = (
        "import kd.corpus, sys; sys.exit(bool({'numpy', 'soundfile', 'scipy', 'torch', 'pandas'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
