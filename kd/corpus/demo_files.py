"""How generated corpora are written: whole or absent, 16 bit sound."""

import os
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kd.corpus.demo_synth import RATE
from kd.errors import UserError
from kd.files import sync_folder
from kd.temporary import abandoned, remove, temporary_name


def made_whole(
    root: Path,
    make: Callable[[Path], Iterator[None]],
    *,
    total: int,
    megabytes: float,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Make a corpus at `root`, which must be absent or empty, in a folder beside that is renamed into place.

    make: writes into a folder, yielding after each of `total` clips; megabytes: that it needs. Raises UserError where the
    place holds something or cannot be written.
    """
    work = root.with_name(temporary_name(root.name))
    try:
        _sweep(root)
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise UserError(f"{root}: the place of the demo corpus is taken", "name an absent or empty folder")
        work.mkdir(parents=True)
        for done, _ in enumerate(make(work), start=1):
            if progress is not None:
                progress(done, total)
        os.replace(work, root)
        sync_folder(root.parent)
    except OSError as error:
        raise UserError(
            f"{root}: cannot make the demo corpus: {error.strerror or error}",
            f"it needs about {megabytes:.0f} MB in a place that can be written",
        ) from error
    finally:
        remove(work)


def _sweep(root: Path) -> None:
    """Remove the unfinished folders that killed processes left beside `root`."""
    if root.parent.is_dir():
        for left in root.parent.glob(f".{root.name}.*.tmp"):
            if abandoned(left):
                remove(left)


def write_wav(path: Path, signal: npt.NDArray[np.float32]) -> None:
    """Write samples (n,) or (n, channels) at RATE as 16 bit, flushed to disk."""
    data = np.clip(np.rint(signal * 32767), -32768, 32767).astype("<i2").tobytes()
    with path.open("wb") as out:
        with wave.open(out, "wb") as sound:
            sound.setnchannels(1 if signal.ndim == 1 else signal.shape[1])
            sound.setsampwidth(2)
            sound.setframerate(RATE)
            sound.writeframes(data)
        out.flush()
        os.fsync(out.fileno())
