"""The smallest job that has everything: eight clips of two seconds, two passes, studies, a promotion, a report."""

import wave
from pathlib import Path
from typing import Any

import numpy as np

RATE, SECONDS = 16000, 2.0
TONES = {"Bell": 1500.0, "Hum": 220.0}
CLIPS = {"train/weak": 3, "train/unlabel_in_domain": 1, "validation/validation": 2, "test/test": 2}

MICRO = {
    "passes": 2,
    "clip_seconds": 2,
    "architectures": "shallow",
    "smoothings": "median",
    "steps": 40,
    "learning_rate": 0.01,
    "batch": 2,
    "trials": 2,
    "student_trials": 2,
    "student_steps": 2,
    "sample": 1,
    "threads": 1,
    "workers": 1,
}
PROMOTE = {"stage": "candidate", "gates": "off"}


def make_micro(root: Path) -> None:
    """A corpus of two classes in the DESED layout: in each clip one second of one of them, the weak ones of both."""
    rng = np.random.default_rng(5)
    for split, count in CLIPS.items():
        audio = root / "audio" / (split if split.startswith("train") else split.partition("/")[0])
        audio.mkdir(parents=True)
        table = root / "metadata" / f"{split}.tsv"
        table.parent.mkdir(parents=True, exist_ok=True)
        rows = []
        for number in range(count):
            name = f"{split.rpartition('/')[2]}-{number}.wav"
            label = sorted(TONES)[number % 2]
            onset = float(rng.uniform(0.1, 0.8))
            _write(audio / name, _sound(rng, label, onset))
            if split == "train/weak":
                rows.append(f"{name}\t{label}")
            elif split.startswith("train"):
                rows.append(name)
            else:
                rows.append(f"{name}\t{onset:.3f}\t{onset + 1:.3f}\t{label}")
        head = {"train/weak": "filename\tevent_labels", "train/unlabel_in_domain": "filename"}
        titles = head.get(split, "filename\tonset\toffset\tevent_label")
        table.write_text("\n".join([titles, *rows]) + "\n")


def _sound(rng: np.random.Generator, label: str, onset: float) -> Any:
    at = np.arange(int(SECONDS * RATE)) / RATE
    inside = (at >= onset) & (at < onset + 1)
    return 0.01 * rng.standard_normal(len(at)) + 0.3 * inside * np.sin(2 * np.pi * TONES[label] * at)


def _write(path: Path, samples: Any) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
