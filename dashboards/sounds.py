"""Sounds and features of clips: those that a run keeps, and those of its corpus."""

import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dashboards.kept import JobRecord
from kd.audio.extract import extract
from kd.audio.spec import FeatureSpec
from kd.passes.kept_clips import to_ogg

Floats = npt.NDArray[np.float32]


def kept_row(job: JobRecord, role: str, row: int) -> tuple[Path, int] | None:
    """The folder in which a run keeps a clip, and the clip's place in its sample; None where it keeps none of it."""
    clips, folder = job.clips(role), job.place("clips")
    if clips is None or folder is None or row not in clips["sample"]:
        return None
    return folder, clips["sample"].index(row)


def kept_sound(job: JobRecord, role: str, row: int) -> bytes | None:
    """The sound that a run keeps of a clip, as Ogg; None where it keeps none."""
    kept = kept_row(job, role, row)
    path = None if kept is None else kept[0] / f"{role}-{kept[1]}.ogg"
    return path.read_bytes() if path is not None and path.is_file() else None


def kept_bands(job: JobRecord, role: str, row: int) -> Floats | None:
    """The features that a run keeps of a clip, (frames, mels); None where it keeps none."""
    kept = kept_row(job, role, row)
    path = None if kept is None else kept[0] / f"{role}.npy"
    if kept is None or path is None or not path.is_file():
        return None
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False)[kept[1]], np.float32)


def ogg_of(path: Path, *, seconds: float) -> bytes:
    """The first seconds of a sound file as Ogg. Raises UserError where it cannot be read."""
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        made = Path(place) / "sound.ogg"
        to_ogg(path, made, seconds=seconds)
        return made.read_bytes()


def bands_of(path: Path, spec: FeatureSpec) -> Floats:
    """The features of a sound file. Raises UserError where it cannot be read."""
    return extract(path, spec=spec)[0]
