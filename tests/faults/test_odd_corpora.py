"""Corpora that are unusual and valid: they train, or are refused in one line, and nothing in between."""

import codecs
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Place
from tests.faults.test_bad_input import refused

Change = Callable[[Path], None]


def renamed(root: Path, split: str, name: str, row: int = 1) -> None:
    """Another name for the clip of a row."""
    table = root / "metadata" / f"{split}.tsv"
    lines = table.read_text("utf-8").splitlines()
    old = lines[row].split("\t")[0]
    next((root / "audio").rglob(old)).rename(next((root / "audio").rglob(old)).with_name(name))
    table.write_text("\n".join(line.replace(old, name) for line in lines) + "\n", "utf-8")


def relabelled(root: Path, old: str, new: str) -> None:
    """Another name for a class."""
    for table in (root / "metadata").rglob("*.tsv"):
        table.write_text(table.read_text("utf-8").replace(old, new), "utf-8")


def emoji(root: Path) -> None:
    relabelled(root, "Bell", "🐶 été")
    renamed(root, "train/weak", "🔔-ß.wav")
    renamed(root, "validation/validation", "日本.wav")


def long(root: Path) -> None:
    for digit, split in enumerate(("train/weak", "validation/validation", "test/test")):
        renamed(root, split, str(digit) * 251 + ".wav")  # 255 bytes


def windows(root: Path) -> None:
    for table in (root / "metadata").rglob("*.tsv"):
        table.write_bytes(codecs.BOM_UTF8 + table.read_bytes().replace(b"\n", b"\r\n"))


def one_clip(root: Path) -> None:
    for table in (root / "metadata").rglob("*.tsv"):
        table.write_text("\n".join(table.read_text().splitlines()[:2]) + "\n")


def absent(root: Path) -> None:
    table = root / "metadata" / "train" / "weak.tsv"
    table.write_text(table.read_text().replace("\tBell", "\tBell,Whistle"))


def many(root: Path) -> None:
    table = root / "metadata" / "train" / "weak.tsv"
    classes = ",".join(f"Class {number}" for number in range(1000))
    table.write_text(table.read_text().replace("\tBell", f"\tBell,{classes}"))


@pytest.mark.parametrize("change", [emoji, long, windows, one_clip, absent, many])
def test_an_odd_corpus_trains(asked: Place, micro: Path, tmp_path: Path, change: Change) -> None:
    root = Path(shutil.copytree(micro, tmp_path / "corpus"))
    change(root)
    given = {"data": root, "clip_seconds": 2, "architecture": "shallow", "steps": 2, "batch": 2}
    done = asked.ask("train", **given)
    assert done.returncode == 0, done.stderr
    heard = asked.ask("detect", audio=root / "audio" / "test", model="models:/kd-sed/1", out=tmp_path / "out.tsv")
    assert heard.returncode == 0, heard.stderr
    checked = asked.ask("check_data", data=root)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_ten_thousand_classes_are_more_than_a_registry_takes(asked: Place, micro: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(micro, tmp_path / "corpus"))
    table = root / "metadata" / "train" / "weak.tsv"
    classes = ",".join(f"Class {number}" for number in range(10_000))
    table.write_text(table.read_text().replace("\tBell", f"\tBell,{classes}"))
    refused(asked.ask("train", data=root, clip_seconds=2, steps=2), "10002 classes are more than")
    assert not list((asked.folder / "home").rglob("train-*"))
