"""Temporary files: gone at the end, and gone at the next start where a process was killed."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from kd.errors import UserError
from kd.process import alive, gone, this_process
from kd.temporary import YOUNG, abandoned, own_folder, sweep, temporary_name

KILLED = """
import os, signal, tempfile
from kd.temporary import own_folder
with own_folder():
    tempfile.mkdtemp()
    print(tempfile.gettempdir(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)"""


@pytest.fixture
def above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def killed() -> Path:
    """The folder of a process that was killed."""
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True)
    assert done.returncode == -9
    return Path(done.stdout.strip())


def test_a_process_has_a_folder_of_its_own_and_leaves_nothing(above: Path) -> None:
    with own_folder() as folder:
        assert Path(tempfile.mkdtemp()).parent == folder and os.environ["TMPDIR"] == str(folder)
    assert not list(above.iterdir()) and os.environ["TMPDIR"] == tempfile.gettempdir() == str(above)


def test_the_next_process_removes_what_a_killed_one_left_and_nothing_else(above: Path) -> None:
    left = killed()
    assert left.parent == above and list(left.iterdir())
    (above / "other").mkdir()
    with own_folder() as first, own_folder() as second:
        assert first.is_dir() and second.is_dir() and not left.exists()
    assert [path.name for path in above.iterdir()] == ["other"]


def test_a_folder_of_another_machine_goes_once_it_is_old_and_unlocked(above: Path) -> None:
    name = temporary_name("kd")
    other = above / name.replace(name.split(".")[2][:6], "ffffff")
    other.mkdir()
    with own_folder():
        assert other.exists()
    os.utime(other, (0, other.stat().st_mtime - 2 * YOUNG))
    with own_folder():
        assert not other.exists()


def test_no_room_for_temporary_files_is_said(above: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(above / "nothing"))
    with pytest.raises(UserError, match="no temporary file can be made"), own_folder():
        pass


def test_half_written_files_of_the_dead_are_swept(tmp_path: Path) -> None:
    live = tmp_path / temporary_name("a")
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    dead = tmp_path / "deep" / live.name.replace(f"-{os.getpid()}-", f"-{process.pid}-")
    dead.mkdir(parents=True)
    for path in (live, dead / "inside"):
        path.write_text("half")
    assert abandoned(dead) and not abandoned(live) and sweep(tmp_path) == 1
    assert live.exists() and not dead.exists()


def test_a_process_is_known_to_be_gone_only_where_that_is_sure() -> None:
    own = this_process()
    machine, number, start = own.rsplit(":", 2)
    assert not gone(own) and not gone("") and not gone("elsewhere:1:1") and not gone(f"{machine}:x:1")
    if start:
        assert gone(f"{machine}:{number}:{int(start) - 1}")  # another process of that number
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert gone(f"{machine}:{process.pid}:1") and alive(os.getpid()) and not alive(process.pid)
