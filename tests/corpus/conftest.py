"""A tiny corpus to break in every way."""

import wave
from pathlib import Path

import numpy as np
import pytest

STRONG = "filename\tonset\toffset\tevent_label\n"


def write_wav(path: Path, *, seed: int = 0, seconds: float = 0.2, rate: int = 8000, channels: int = 1) -> None:
    """A short noise; the same seed and shape give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(-9000, 9000, int(seconds * rate) * channels).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(noise.tobytes())


class Folder:
    """A corpus folder that tests write to."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def table(self, split: str, text: str, *, ext: str = ".tsv") -> Path:
        path = self.root / "metadata" / f"{split}{ext}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, newline="")
        return path

    def audio(self, name: str, **kind: float) -> Path:
        path = self.root / "audio" / name
        write_wav(path, **kind)  # type: ignore[arg-type]
        return path


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Two weak clips, one in-domain, one scored for selection and one for the report; classes Cat and Dog."""
    made = Folder(tmp_path / "corpus")
    made.table("train/weak", "filename\tevent_labels\nw0.wav\tDog\nw1.wav\tCat,Dog\nw2.wav\t\n")
    made.table("train/unlabel_in_domain", "filename\nu0.wav\n")
    made.table("validation/validation", STRONG + "v0.wav\t0.05\t0.15\tDog\nv1.wav\t\t\t\n")
    made.table("test/test", STRONG + "t0.wav\t0\t0.1\tCat\n")
    names = ("train/weak/w0", "train/weak/w1", "train/weak/w2", "train/unlabel_in_domain/u0")
    for seed, name in enumerate((*names, "validation/v0", "validation/v1", "test/t0")):
        made.audio(f"{name}.wav", seed=seed)
    return made
