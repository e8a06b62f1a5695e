"""The clips whose sound a job keeps."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import soundfile

from kd.corpus.tables import Event
from kd.passes.inputs import Part
from kd.passes.kept_clips import sampled, to_ogg


def part(labels: list[str]) -> Part:
    """A split with one event of these classes, one a clip."""
    names = [f"{i}.wav" for i in range(len(labels))]
    truth = {name: (Event(0.0, 1.0, label),) for name, label in zip(names, labels, strict=True)}
    return cast(Part, SimpleNamespace(names=names, truth=truth))


def test_every_class_is_among_them_as_far_as_they_go() -> None:
    split = part(["a"] * 50 + ["b", "c"])
    rows = sampled(split, ["a", "b", "c", "d"], count=5, seed=3)
    assert len(rows) == len(set(rows)) == 5 and rows == sorted(rows) and {50, 51} <= set(rows)
    assert rows == sampled(split, ["a", "b", "c", "d"], count=5, seed=3) != sampled(split, ["a"], count=5, seed=4)
    assert len(sampled(split, ["a", "b", "c"], count=1000, seed=0)) == 52
    assert sampled(split, ["a"], count=0, seed=0) == []


def test_sound_is_kept_at_its_own_rate_up_to_a_clip(tmp_path: Path) -> None:
    wave: Any = 0.5 * np.sin(2 * np.pi * 440 * np.arange(3 * 22_050) / 22_050)
    soundfile.write(tmp_path / "in.wav", np.stack([wave, wave], axis=1), 22_050)
    to_ogg(tmp_path / "in.wav", tmp_path / "out.ogg", seconds=2.0)
    heard, rate = soundfile.read(tmp_path / "out.ogg")
    assert rate == 22_050 and heard.shape == (44_100,)
    assert np.corrcoef(heard, wave[:44_100])[0, 1] > 0.99
