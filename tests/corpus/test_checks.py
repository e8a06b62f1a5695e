"""The report of check_data, and its exit code."""

import shutil

import pytest

from kd.corpus import Roles
from kd.corpus.check_command import CheckDataSettings, check_data
from kd.corpus.checks import check

from .conftest import STRONG, Folder


def test_a_sound_corpus_is_described(folder: Folder) -> None:
    report = check(folder.root)
    assert report.spoils == ()
    lines = {line.split()[0]: line.split() for line in report.text.splitlines() if line and line[0] in "tvD"}
    assert lines["train/weak"] == [
        "train/weak",
        "weak",
        "weak",
        "3",
        "1",
        "-",
        "0",
        "0",
        "0",
        "0",
        "0.00",
        "0.20",
        "8000",
        "1",
    ]
    assert lines["validation/validation"][:6] == ["validation/validation", "select_on", "strong", "2", "1", "1"]
    assert lines["Dog"] == ["Dog", "0", "-", "2", "1", "0.10"]
    assert "nothing spoils training" in report.text


def test_labels_without_audio_are_described(folder: Folder) -> None:
    shutil.rmtree(folder.root / "audio")
    report = check(folder.root)
    assert report.spoils == () and "there is no audio" in report.text and "hours" not in report.text


def test_everything_that_spoils_is_listed_at_once(folder: Folder) -> None:
    (folder.root / "audio/train/weak/w1.wav").unlink()
    (folder.root / "audio/train/weak/w2.wav").write_bytes(b"no audio")
    folder.audio("test/t0.wav", seed=0)
    folder.table("other/broken", "filename\tonset\n")
    folder.table("validation/validation", STRONG + "v0.wav\t0.05\t0.15\tHorse\nv1.wav\t\t\t\n")
    spoils = "\n".join(check(folder.root).spoils)
    for what in ("1 of 3 listed clips without audio", "unreadable", "'w0.wav' is 't0.wav'", "no column", "'Horse'"):
        assert what in spoils
    assert "without audio" not in "\n".join(check(folder.root, missing="skip").spoils)


def test_a_split_without_any_audio_spoils_even_where_absent_clips_are_skipped(folder: Folder) -> None:
    (folder.root / "audio/test/t0.wav").unlink()
    (only,) = check(folder.root, missing="skip").spoils
    assert only == "test/test: 1 of 1 listed clip without audio"


def test_an_event_whose_maker_is_not_told_spoils_and_few_makers_are_noted(folder: Folder) -> None:
    columns = "filename\tonset\toffset\tevent_label\tmaker\n"
    twin = folder.root / "sources/validation/validation.tsv"
    twin.parent.mkdir(parents=True)
    events = [line.split("\t") for line in (folder.root / "metadata/validation/validation.tsv").read_text().split("\n")]
    rows = ["\t".join([*fields, "ann"]) for fields in events[1:] if len(fields) == 4 and fields[1]]
    twin.write_text(columns + "".join(f"{row}\n" for row in rows))
    report = check(folder.root)
    assert report.spoils == () and "validation/validation: fewer than 5 makers" in report.text
    twin.write_text(columns)
    (only,) = check(folder.root).spoils
    assert "does not say who made" in only


def test_one_fault_is_listed_once_with_its_cure(folder: Folder) -> None:
    folder.table("validation/validation", STRONG + "v0.wav\t0.2\t0.1\tDog\n")
    (only,) = check(folder.root).spoils
    assert "validation.tsv:2: offset 0.1 is before onset 0.2; an event ends after it starts" in only
    folder.table("validation/validation", STRONG + "v0.wav\t0\t0.1\tDgo\n")
    (only,) = check(folder.root).spoils
    assert only.endswith("did you mean 'Dog'?")
    folder.table("validation/validation", STRONG + "w0.wav\t0\t0.1\tDog\n")
    (folder.root / "audio/validation/v0.wav").rename(folder.root / "audio/validation/w0.wav")
    assert len(check(folder.root).spoils) == 1


def test_silence_duplicates_and_overlaps_are_notes(folder: Folder) -> None:
    silent = folder.audio("train/weak/w0.wav")
    silent.write_bytes(silent.read_bytes()[:44] + bytes(3200))
    folder.audio("train/weak/w2.wav", seed=1)
    folder.table("validation/part", STRONG + "v1.wav\t\t\t\n")
    folder.table("test/files_to_remove", "filename\nw0.wav\nold.wav\n")
    report = check(folder.root)
    assert report.spoils == ()
    for what in (
        "train/weak: 1 clip of silence: 'w0.wav'",
        "train/weak: 1 duplicate: 'w1.wav' is 'w2.wav'",
        "validation/part and validation/validation share 1 clip",
        "test/files_to_remove is a removal list of 2 clips, not a split: 1 of them in train/weak",
    ):
        assert f"- {what}\n" in report.text


def test_rates_channels_and_lengths_are_spread_out(folder: Folder) -> None:
    folder.audio("train/weak/w0.wav", seed=70, rate=44100, seconds=1.0)
    folder.audio("train/weak/w1.wav", seed=71, channels=2)
    text = check(folder.root).text
    assert "0.20 / 0.20 / 1.00" in text and "8000 / 8000 / 44100" in text and "1 / 1 / 2" in text


def test_a_shared_clip_spoils_and_a_role_can_be_given_up(folder: Folder) -> None:
    folder.table("test/test", STRONG + "w0.wav\t0\t0.1\tCat\n")
    folder.audio("test/w0.wav", seed=0)
    assert any("train/weak and test/test share 1 clip" in line for line in check(folder.root).spoils)
    assert check(folder.root, roles=Roles(report_on="")).spoils == ()


def test_the_command_prints_the_report_and_tells_by_its_exit_code(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_data(CheckDataSettings(data=str(folder.root))) == 0
    out, err = capsys.readouterr()
    assert out == check(folder.root).text and err == ""
    (folder.root / "audio/train/weak/w1.wav").unlink()
    assert check_data(CheckDataSettings(data=str(folder.root))) == 2
    assert capsys.readouterr().err.startswith("error: train/weak: 1 of 3 listed clips without audio")
    assert check_data(CheckDataSettings(data=str(folder.root), missing="skip", classes=" Dog ")) == 0


def test_a_class_list() -> None:
    assert CheckDataSettings(classes="").class_list() == ()
    assert CheckDataSettings(classes=" Cat , Dog").class_list() == ("Cat", "Dog")
