"""What `audio=` names: sound files, or standard input."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from kd.config import user_path
from kd.errors import UserError
from kd.scoring.score_files import AUDIO

SPOOL = 64 << 20  # bytes of standard input that are kept in memory


@dataclass(frozen=True)
class Recording:
    """A sound file and the name it has in what is written; path None: standard input."""

    name: str
    path: Path | None


def recordings(audio: str) -> list[Recording]:
    """What `audio=` names. Raises UserError for nothing, and for a folder without sound files."""
    if not audio:
        raise UserError("audio= is empty", "name a sound file, a folder of them, or - for standard input")
    if audio == "-":
        if sys.stdin is None:
            raise UserError("standard input is closed", "pipe a recording into it")
        return [Recording("stdin", None)]
    path = user_path(audio, "audio")
    if path.is_dir():
        within = sorted(p for p in path.rglob("*") if p.suffix.lower() in AUDIO and p.is_file())
        if not within:
            raise UserError(f"{path}: holds no sound files", f"known are {', '.join(AUDIO)}")
        return [Recording(each.relative_to(path).as_posix(), each) for each in within]
    if not path.is_file():
        raise UserError(f"audio={audio}: there is no such file or folder", "check the path")
    return [Recording(path.name, path)]


@contextmanager
def source(recording: Recording) -> Iterator[Path | BinaryIO]:
    """A recording as a file, or as a seekable copy of standard input."""
    if recording.path is not None:
        yield recording.path
        return
    with tempfile.SpooledTemporaryFile(max_size=SPOOL) as copy:
        while block := sys.stdin.buffer.read(1 << 20):
            copy.write(block)
        copy.seek(0)
        yield cast(BinaryIO, copy)
