"""Files are whole or absent."""

import os
from pathlib import Path

import pytest

from kd.errors import UserError
from kd.files import atomic_write_bytes, atomic_write_text, check_writable


def test_content_replaces_content_and_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    atomic_write_text(path, "ä\r\n")
    assert path.read_bytes() == "ä\r\n".encode()
    atomic_write_bytes(path, b"new")
    assert path.read_bytes() == b"new" and [p.name for p in path.parent.iterdir()] == ["b.txt"]


def test_a_failed_write_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "b.txt"
    atomic_write_text(path, "old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(UserError, match="disk is full"):
        atomic_write_text(path, "new")
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["b.txt"]


def test_what_a_link_points_at_is_written_and_a_device_is_not(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    atomic_write_text(tmp_path / "link", "new")
    assert (tmp_path / "real").read_text() == "new" and (tmp_path / "link").is_symlink()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="no plain file"):
        atomic_write_text(tmp_path / "pipe", "new")
    check_writable(tmp_path / "later")
    with pytest.raises(UserError, match="cannot write"):
        check_writable(tmp_path / "real" / "later")


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="cannot write"):
        atomic_write_text(tmp_path / "file" / "b.txt", "x")
