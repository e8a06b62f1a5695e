"""Corpora spoilt in every way we could think of: exit code 2, one line that names file and row, nothing begun."""

import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.conftest import Place
from tests.faults.test_bad_input import own, refused

__all__ = ["own"]
Spoil = Callable[[Path], None]
WEAK, VALIDATION, TEST = "train/weak", "validation/validation", "test/test"


def table_of(root: Path, split: str) -> Path:
    return root / "metadata" / f"{split}.tsv"


def clip_of(root: Path, split: str, row: int = 0) -> Path:
    """The audio file of a row of a table."""
    name = table_of(root, split).read_text().splitlines()[1 + row].split("\t")[0]
    return next((root / "audio").rglob(name))


def rewritten(split: str, change: Callable[[str], str]) -> Spoil:
    """Another text in the place of a table's."""

    def spoil(root: Path) -> None:
        table = table_of(root, split)
        table.write_text(change(table.read_text()))

    return spoil


def as_bytes(split: str, change: Callable[[bytes], bytes]) -> Spoil:
    def spoil(root: Path) -> None:
        table = table_of(root, split)
        table.write_bytes(change(table.read_bytes()))

    return spoil


def line(split: str, number: int, change: Callable[[list[str]], list[str]]) -> Spoil:
    """Other fields in one line of a table, from 1."""

    def spoil(root: Path) -> None:
        table = table_of(root, split)
        lines = table.read_text().splitlines()
        lines[number - 1] = "\t".join(change(lines[number - 1].split("\t")))
        table.write_text("\n".join(lines) + "\n")

    return spoil


def more(split: str, *fields: str) -> Spoil:
    """One more line; `{0}` stands for the name of the first clip."""

    def spoil(root: Path) -> None:
        table = table_of(root, split)
        name = table.read_text().splitlines()[1].split("\t")[0]
        table.write_text(table.read_text() + "\t".join(each.format(name) for each in fields) + "\n")

    return spoil


def audio(split: str, make: Callable[[Path], None]) -> Spoil:
    """Something else in the place of the first clip of a split."""

    def spoil(root: Path) -> None:
        path = clip_of(root, split)
        path.unlink()
        make(path)

    return spoil


def wav(path: Path, *, rate: int = 16_000, data: bytes = b"", claims: int | None = None, channels: int = 1) -> None:
    """A WAV file by hand, of 16-bit PCM; claims: bytes of sound that its header says it has."""
    size = len(data) if claims is None else claims
    head = struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * 2 * channels, 2 * channels, 16)
    path.write_bytes(
        b"RIFF"
        + struct.pack("<I", min(36 + size, 2**32 - 1))
        + b"WAVEfmt "
        + head
        + b"data"
        + struct.pack("<I", size)
        + data
    )


def floats(values: np.ndarray) -> Callable[[Path], None]:
    return lambda path: soundfile.write(path, values.astype(np.float32), 16_000, subtype="FLOAT")


def linked(to: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(to if to != "itself" else path.name)


NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, 160_000)
CASES: list[tuple[str, Spoil, str]] = [
    ("weak-utf16", as_bytes(WEAK, lambda b: b.decode().encode("utf-16")), "train/weak.tsv: the table is UTF-16 text"),
    ("weak-latin1", as_bytes(WEAK, lambda b: b + b"caf\xe9.wav\tDog\n"), "train/weak.tsv:26: a byte is not UTF-8 text"),
    (
        "weak-nul",
        as_bytes(WEAK, lambda b: b + b"a\x00b.wav\tDog\n"),
        "train/weak.tsv:26: a zero byte: this is not a text table",
    ),
    ("weak-binary", as_bytes(WEAK, lambda b: bytes(range(256))), "train/weak.tsv:2: a byte is not UTF-8 text"),
    ("weak-empty", as_bytes(WEAK, lambda b: b""), "train/weak.tsv: the table is empty"),
    ("weak-blank", as_bytes(WEAK, lambda b: b"\n\n\n"), "train/weak.tsv: the table is empty"),
    ("weak-header-only", rewritten(WEAK, lambda t: t.splitlines()[0] + "\n"), "lists no clip"),
    (
        "weak-no-header",
        rewritten(WEAK, lambda t: "\n".join(t.splitlines()[1:]) + "\n"),
        "train/weak.tsv:1: no column 'filename'; found 'weak_0000.wav', 'Cat'",
    ),
    (
        "weak-other-header",
        rewritten(WEAK, lambda t: t.replace("event_labels", "labels")),
        "train/weak.tsv:1: unknown column 'labels'; found 'filename', 'labels'",
    ),
    (
        "weak-header-twice",
        rewritten(WEAK, lambda t: t.replace("event_labels", "filename", 1)),
        "train/weak.tsv:1: the column 'filename' is there twice",
    ),
    (
        "weak-blank-line",
        rewritten(WEAK, lambda t: t.replace("\n", "\n\n", 2)),
        "train/weak.tsv:2: a blank line between rows",
    ),
    ("weak-one-field-more", line(WEAK, 3, lambda f: [*f, "more"]), "train/weak.tsv:3: 3 fields where the header has 2"),
    ("weak-one-field", line(WEAK, 3, lambda f: f[:1]), "train/weak.tsv:3: 1 field where the header has 2"),
    ("weak-empty-name", line(WEAK, 3, lambda f: ["", *f[1:]]), "train/weak.tsv:3: the file name is empty"),
    (
        "weak-long-name",
        line(WEAK, 3, lambda f: ["x" * 300 + ".wav", *f[1:]]),
        "train/weak.tsv:3: the file name 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'",
    ),
    (
        "weak-climbs",
        line(WEAK, 3, lambda f: ["../../secret.wav", *f[1:]]),
        "train/weak.tsv:3: the file name '../../secret.wav' leads out of its audio folder",
    ),
    (
        "weak-absolute",
        line(WEAK, 3, lambda f: ["/etc/passwd", *f[1:]]),
        "train/weak.tsv:3: the file name '/etc/passwd' leads out of its audio folder",
    ),
    (
        "weak-backslash",
        line(WEAK, 3, lambda f: ["..\\x.wav", *f[1:]]),
        "train/weak.tsv:3: the file name '..\\\\x.wav' leads out of its audio folder",
    ),
    (
        "weak-dot",
        line(WEAK, 3, lambda f: [".", *f[1:]]),
        "train/weak.tsv:3: the file name '.' leads out of its audio folder",
    ),
    (
        "weak-control",
        line(WEAK, 3, lambda f: ["a\x1b[31m.wav", *f[1:]]),
        "train/weak.tsv:3: the file name 'a\\x1b[31m.wav' holds a control character",
    ),
    (
        "weak-absent-clip",
        line(WEAK, 3, lambda f: ["no-such-clip.wav", *f[1:]]),
        "train/weak.tsv: 1 of 24 listed clips without audio",
    ),
    ("weak-twice", more(WEAK, "{0}", "Dog"), "train/weak.tsv:26: 'weak_0000.wav' is already in line 2"),
    ("weak-empty-label", line(WEAK, 3, lambda f: [f[0], "Dog,,Cat"]), "train/weak.tsv:3: a class name is empty"),
    (
        "weak-slug-twins",
        line(WEAK, 3, lambda f: [f[0], "Dog,dog"]),
        "the classes 'Dog' and 'dog' would share the key 'dog'",
    ),
    (
        "weak-control-label",
        line(WEAK, 3, lambda f: [f[0], "D\x07og"]),
        "train/weak.tsv:3: the class name 'D\\x07og' holds a control character",
    ),
    (
        "weak-long-label",
        line(WEAK, 3, lambda f: [f[0], "D" * 300]),
        "train/weak.tsv:3: the class name 'DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD'",
    ),
    ("select-header-only", rewritten(VALIDATION, lambda t: t.splitlines()[0] + "\n"), "lists no clip"),
    (
        "select-gone",
        lambda root: table_of(root, VALIDATION).unlink(),
        "select_on=validation/validation: there is no table",
    ),
    (
        "select-weak-kind",
        rewritten(
            VALIDATION,
            lambda t: "filename\tevent_labels\n" + "".join(r.split("\t")[0] + "\tDog\n" for r in t.splitlines()[1:]),
        ),
        "is a weak table, and select_on needs a strong one",
    ),
    (
        "select-no-events",
        rewritten(
            VALIDATION,
            lambda t: (
                t.splitlines()[0] + "\n" + "".join(sorted({r.split("\t")[0] + "\t\t\t\n" for r in t.splitlines()[1:]}))
            ),
        ),
        "holds no event, so nothing can be chosen on it",
    ),
    (
        "select-unknown-class",
        more(VALIDATION, "{0}", "1.0", "2.0", "Whistle"),
        "validation/validation.tsv:27: the class 'Whistle' is in no training table",
    ),
    (
        "select-case",
        more(VALIDATION, "{0}", "1.0", "2.0", "dog"),
        "validation/validation.tsv:27: the class 'dog' is in no training table",
    ),
    (
        "onset-nan",
        more(VALIDATION, "{0}", "nan", "2.0", "Dog"),
        "validation/validation.tsv:27: onset 'nan' is not a number of seconds",
    ),
    (
        "onset-inf",
        more(VALIDATION, "{0}", "1.0", "inf", "Dog"),
        "validation/validation.tsv:27: offset 'inf' is not a number of seconds",
    ),
    (
        "onset-negative",
        more(VALIDATION, "{0}", "-1.0", "2.0", "Dog"),
        "validation/validation.tsv:27: onset -1 is negative",
    ),
    (
        "onset-text",
        more(VALIDATION, "{0}", "one", "2.0", "Dog"),
        "validation/validation.tsv:27: onset 'one' is not a number of seconds",
    ),
    (
        "onset-comma",
        more(VALIDATION, "{0}", "1,0", "2,0", "Dog"),
        "validation/validation.tsv:27: onset '1,0' is not a number of seconds",
    ),
    (
        "offset-before",
        more(VALIDATION, "{0}", "3.0", "2.0", "Dog"),
        "validation/validation.tsv:27: offset 2 is before onset 3",
    ),
    (
        "offset-missing",
        more(VALIDATION, "{0}", "3.0", "", "Dog"),
        "validation/validation.tsv:27: the row has no offset",
    ),
    (
        "label-missing",
        more(VALIDATION, "{0}", "3.0", "4.0", ""),
        "validation/validation.tsv:27: the row has no event_label",
    ),
    (
        "empty-and-event",
        more(VALIDATION, "{0}", "", "", ""),
        "validation/validation.tsv:27: an empty row for 'validation_0000.wav', which has a row in l",
    ),
    (
        "row-twice",
        rewritten(VALIDATION, lambda t: t + t.splitlines()[1] + "\n"),
        "validation/validation.tsv:27: the same event as in line 2",
    ),
    (
        "report-unknown",
        more(TEST, "{0}", "1.0", "2.0", "Whistle"),
        "test/test.tsv:24: the class 'Whistle' is in no training table",
    ),
    ("metadata-gone", lambda root: (root / "metadata").rename(root / "meta"), "has no metadata/ folder"),
    (
        "metadata-file",
        lambda root: ((root / "metadata").rename(root / "meta"), (root / "metadata").write_text("")),
        "has no metadata/ folder",
    ),
    ("audio-gone", lambda root: (root / "audio").rename(root / "sounds"), "24 of 24 listed clips without audio"),
    (
        "audio-file",
        lambda root: ((root / "audio").rename(root / "sounds"), (root / "audio").write_text("")),
        "train/weak.tsv: 24 of 24 listed clips without audio",
    ),
    (
        "clip-empty",
        audio(WEAK, lambda p: p.write_bytes(b"")),
        "audio/train/weak/weak_0000.wav: zero-length: the file has no bytes",
    ),
    (
        "clip-text",
        audio(WEAK, lambda p: p.write_text("no sound at all")),
        "audio/train/weak/weak_0000.wav: unreadable: Format not recognised",
    ),
    ("clip-folder", audio(WEAK, lambda p: p.mkdir()), "train/weak.tsv: 1 of 24 listed clips without audio"),
    ("clip-loop", audio(WEAK, linked("itself")), "listed clips without audio"),
    (
        "clip-outside",
        audio(WEAK, linked("/etc/passwd")),
        "audio/train/weak/weak_0000.wav is a link that leads out of the corpus",
    ),
    ("clip-pipe", audio(WEAK, os.mkfifo), "train/weak.tsv: 1 of 24 listed clips without audio"),
    ("clip-header-only", audio(WEAK, wav), "audio/train/weak/weak_0000.wav: zero-length: no samples"),
    (
        "clip-cut",
        audio(WEAK, lambda p: p.write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt ")),
        "audio/train/weak/weak_0000.wav: unreadable: Error in WAV file. No 'data' chunk marker",
    ),
    (
        "clip-claims",
        audio(WEAK, lambda p: wav(p, claims=2**32 - 40)),
        "audio/train/weak/weak_0000.wav: zero-length: no samples",
    ),
    (
        "clip-nan",
        audio(WEAK, floats(np.where(np.arange(160_000) == 5, np.nan, NOISE))),
        "audio/train/weak/weak_0000.wav: a sample is NaN or infinite",
    ),
    (
        "clip-inf",
        audio(WEAK, floats(np.where(np.arange(160_000) == 5, np.inf, NOISE))),
        "audio/train/weak/weak_0000.wav: a sample is NaN or infinite",
    ),
    (
        "clip-loud",
        audio(WEAK, floats(1e30 * NOISE)),
        "audio/train/weak/weak_0000.wav: holds samples that are far beyond [-1, 1]",
    ),
    (
        "clip-slow",
        audio(WEAK, lambda p: wav(p, rate=1, data=b"\0\0" * 10)),
        "audio/train/weak/weak_0000.wav: the header says 1 samples per second, which is no sound",
    ),
    (
        "clip-no-rate",
        audio(WEAK, lambda p: wav(p, rate=0, data=b"\0\0" * 10)),
        "audio/train/weak/weak_0000.wav: unreadable: Internal error : SF_INFO struct incomplete",
    ),
    (
        "clip-no-channels",
        audio(WEAK, lambda p: wav(p, channels=0, data=b"\0\0" * 10)),
        "audio/train/weak/weak_0000.wav: unreadable: Channel count is zero",
    ),
    (
        "select-clip-nan",
        audio(VALIDATION, floats(np.full(160_000, np.nan))),
        "audio/validation/validation_0000.wav: a sample is NaN or infinite",
    ),
    (
        "report-clip-text",
        audio(TEST, lambda p: p.write_text("no sound")),
        "audio/test/test_0000.wav: unreadable: Format not recognised",
    ),
    (
        "same-sound",
        lambda root: clip_of(root, WEAK).write_bytes(clip_of(root, TEST).read_bytes()),
        "are the same audio, in a training and a scored split",
    ),
    (
        "same-sound-select",
        lambda root: clip_of(root, WEAK).write_bytes(clip_of(root, VALIDATION).read_bytes()),
        "are the same audio, in a training and a scored split",
    ),
]


@pytest.mark.parametrize(("spoil", "says"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_it_is_named_and_nothing_is_begun(asked: Place, own: Path, spoil: Spoil, says: str) -> None:
    spoil(own)
    refused(asked.ask("train", data=own, steps=1), says)
    assert not (asked.folder / "home" / "jobs").exists()
