"""Augmentation: torchaudio's masks, mixup's equation, and draws that depend on seed and step alone."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from kd.audio.torchaudio_import import torchaudio
from kd.models.normalise import Normalise
from kd.training.augment import augmented, mixed, spans

ROOT = Path(__file__).resolve().parent.parent.parent
CLIPS, FRAMES, MELS = 16, 40, 12
Floats = npt.NDArray[np.float32]


def batch(classes: int = 3, *, weak: bool = False) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(0)
    shape = (CLIPS, classes) if weak else (CLIPS, FRAMES, classes)
    return rng.standard_normal((CLIPS, FRAMES, MELS), dtype=np.float32), rng.random(shape, dtype=np.float32)


@pytest.mark.parametrize(("axis", "size"), [(-1, FRAMES), (-2, MELS)])
@pytest.mark.parametrize("most", [1, 5, 12])
def test_masks_are_torchaudios(axis: int, size: int, most: int) -> None:
    maps = torch.ones(500, MELS, FRAMES)
    torch.manual_seed(3)
    masked = torchaudio().functional.mask_along_axis_iid(maps, most, 0.0, 3 + axis)
    torch.manual_seed(3)
    draws = np.stack([torch.rand(500).numpy(), torch.rand(500).numpy()])
    start, end = spans(draws, size=size, most=most)
    index = np.arange(size)
    ours = (index < start[:, None]) | (index >= end[:, None])
    assert np.array_equal(masked.numpy().min(axis=1 if axis == -1 else 2), ours.astype(np.float32))


def test_a_mask_wider_than_the_clip_stays_inside() -> None:
    start, end = spans(np.random.default_rng(0).random((2, 1000)), size=7, most=100)
    assert start.min() == 0 and end.max() <= 7 and (end - start).max() == 6


def test_masked_values_are_0_once_normalised_and_the_rest_is_as_it_was() -> None:
    features, targets = batch()
    mean = np.arange(MELS, dtype=np.float32) - 20
    masked, same = augmented(features.copy(), targets, seed=1, step=2, time_mask=9, frequency_mask=4, mean=mean)
    assert same is targets
    normalise = Normalise(MELS)
    normalise.set_statistics(mean, np.full(MELS, 2.0, dtype=np.float32))
    changed = masked != features
    assert changed.any(axis=(1, 2)).sum() > CLIPS // 2
    assert (normalise(torch.from_numpy(masked)).numpy()[changed] == 0).all()
    for clip in changed:
        frames, bands = clip.all(axis=1), clip.all(axis=0)
        assert np.array_equal(clip, frames[:, None] | bands)
        assert frames.sum() < 9 and bands.sum() < 4


@pytest.mark.parametrize("weak", [False, True])
def test_mixup_is_one_convex_combination_of_features_and_targets(weak: bool) -> None:
    features, targets = batch(weak=weak)
    found, wanted = augmented(features.copy(), targets, seed=1, step=2, mixup=0.5)
    for i in range(CLIPS):
        j = (i + 1) % CLIPS
        share = np.median((found[i] - features[j]) / (features[i] - features[j]))
        assert 0 <= share <= 1 + 1e-6
        np.testing.assert_allclose(found[i], share * features[i] + (1 - share) * features[j], atol=1e-5)
        np.testing.assert_allclose(wanted[i], share * targets[i] + (1 - share) * targets[j], atol=1e-5)
    assert wanted.min() >= 0 and wanted.max() <= 1 and found.dtype == wanted.dtype == np.float32
    ends = mixed(features, np.ones(CLIPS, np.float32)), mixed(features, np.zeros(CLIPS, np.float32))
    assert np.array_equal(ends[0], features) and np.array_equal(ends[1], np.roll(features, -1, axis=0))


def test_draws_are_a_function_of_seed_and_step_and_of_nothing_else() -> None:
    def made(**how: Any) -> bytes:
        features, targets = batch()
        torch.rand(1), np.random.random()
        return b"".join(each.tobytes() for each in augmented(features, targets, **how))

    every = {"time_mask": 9, "frequency_mask": 4, "mixup": 1.0}
    assert made(seed=1, step=2, **every) == made(seed=1, step=2, **every)
    assert len({made(seed=s, step=t, **every) for s in range(3) for t in range(3)}) == 9
    assert made(seed=1, step=2) == b"".join(each.tobytes() for each in batch())


def test_training_needs_no_audio_packages() -> None:
    code = (
        "import sys, kd.training.fit\n"
        "found = {'torchaudio', 'librosa', 'soundfile', 'mlflow', 'pandas'} & set(sys.modules)\n"
        "assert not found, found\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, cwd=ROOT)
