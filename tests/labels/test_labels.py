"""Smoothing, merging, and the artifact."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d

from kd.audio.grid import FrameGrid
from kd.errors import UserError
from kd.labels.artifact import LabelArtifact, LabelledSplit, load_labels, save_labels
from kd.labels.merging import merge, regrid, window_on
from kd.labels.rule import LabelRule, clamped
from kd.labels.smoothing import probabilities, smooth, smoothing

GRID = FrameGrid(hop=0.05, window=0.1, frames=20, seconds=1.0)


def median_by_hand(row: np.ndarray, window: int) -> np.ndarray:
    """Obvious running median with held ends."""
    half = window // 2
    padded = np.concatenate([np.full(half, row[0]), row, np.full(half, row[-1])])
    return np.array([np.sort(padded[i : i + window])[half] for i in range(len(row))])


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 7, 19]), st.sampled_from([0.0, 1.0, 2.5]))
def test_smoothing_is_median_then_gaussian_along_time_only(seed: int, window: int, sigma: float) -> None:
    p = np.random.default_rng(seed).random((2, 20, 3), dtype=np.float32)
    name = "median+gaussian" if sigma else "median"
    found = smooth(p, smoothing(name, window=window, sigma=sigma))
    assert found.shape == p.shape and found.min() >= 0 and found.max() <= 1
    for clip in range(2):
        for label in range(3):
            row = median_by_hand(p[clip, :, label], window)
            row = gaussian_filter1d(row, sigma, mode="nearest") if sigma else row
            assert np.allclose(found[clip, :, label], row, atol=1e-6)


def test_none_changes_nothing_and_even_windows_are_refused() -> None:
    p = np.random.default_rng(0).random((1, 5, 2), dtype=np.float32)
    assert np.array_equal(smooth(p, smoothing("none")), p)
    with pytest.raises(UserError, match="odd"):
        smoothing("median", window=4)
    with pytest.raises(UserError, match="unknown smoothing"):
        smoothing("medain")


def test_temperature_softens_and_keeps_order() -> None:
    z = np.array([-8.0, -1.0, 0.0, 2.0], dtype=np.float16)
    cold, warm = probabilities(z), probabilities(z, temperature=4.0)
    assert np.allclose(cold, 1 / (1 + np.exp(-z.astype(np.float64))), atol=1e-6)
    assert (np.diff(warm) > 0).all() and abs(warm - 0.5).max() < abs(cold - 0.5).max()


def test_every_class_comes_from_its_champion() -> None:
    a, b = np.zeros((1, 4, 2), np.float16), np.ones((1, 4, 2), np.float16)
    merged = merge([{1: 1.0}, {0: 1.0}], {0: a, 1: b})
    assert merged[0, 0].tolist() == [1, 0]


@given(st.floats(0, 1), st.integers(0, 2**31))
def test_shares_weigh_the_logits_of_several(share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits = {index: rng.normal(0, 4, (2, 3, 2)).astype(np.float16) for index in (0, 3)}
    merged = merge([{0: share, 3: 1 - share}, {3: 1.0}], logits)
    wanted = share * logits[0][..., 0].astype(float) + (1 - share) * logits[3][..., 0].astype(float)
    np.testing.assert_allclose(merged[..., 0], wanted, atol=0.01)
    assert (merged[..., 1] == logits[3][..., 1]).all()


@given(st.integers(0, 20), st.floats(0.005, 0.2), st.floats(0.005, 0.2))
def test_a_window_on_another_grid_is_the_odd_one_nearest_in_time(half: int, own: float, other: float) -> None:
    frames = 2 * half + 1
    source, target = replace(GRID, hop=own), replace(GRID, hop=other)
    found = window_on(frames, source=source, target=target)
    assert found % 2 == 1 and found >= 1
    assert found == 1 if frames == 1 else found == 1 or abs(found * other - frames * own) <= other * (1 + 1e-9)
    assert window_on(frames, source=source, target=source) == frames


def test_regridding_a_line_keeps_the_line() -> None:
    finer = FrameGrid(hop=0.025, window=0.1, frames=38, seconds=1.0)
    line = (np.arange(20) * 0.05 + 0.05).astype(np.float16)[None, :, None]
    found = regrid(line, source=GRID, target=finer)[0, :, 0].astype(np.float64)
    assert np.allclose(found, np.minimum(np.arange(38) * 0.025 + 0.05, 1.0), atol=2e-3)
    assert regrid(line, source=GRID, target=GRID) is line


def artifact() -> LabelArtifact:
    logits = np.random.default_rng(0).standard_normal((3, 20, 2)).astype(np.float16)
    split = LabelledSplit("train/weak", ("a.wav", "b.wav", "c.wav"), ("1", "2", "3"), logits)
    ways = (smoothing("median"), smoothing("median+gaussian"))
    return LabelArtifact(
        ("x", "y"), GRID, {"x": 3, "y": 4}, LabelRule("soft", 2.0, (0.5, 0.2)), ways, 1, {"weak": split}
    )


def test_the_artifact_survives_disk(tmp_path: Path) -> None:
    saved = artifact()
    save_labels(tmp_path, saved)
    loaded = load_labels(tmp_path)
    assert np.array_equal(loaded.splits["weak"].logits, saved.splits["weak"].logits)
    assert loaded.versions == {"x": 3, "y": 4} and loaded.smoothings == saved.smoothings and loaded.grid == GRID
    assert loaded.rule == saved.rule


def test_binary_labels_are_what_the_teacher_detects_smoothed() -> None:
    logits = np.random.default_rng(1).standard_normal((5, 20, 2)).astype(np.float16)
    rule, how = LabelRule("binary", 1.0, (0.5, 0.8)), smoothing("median", window=3)
    found = rule.labels(logits, how)
    over = probabilities(logits) >= np.array([0.5, 0.8], np.float32)
    assert set(np.unique(found)) == {0, 1}
    assert np.array_equal(found, smooth(over.astype(np.float32), how))
    soft = LabelRule("soft", 2.0, (0.5, 0.8)).labels(logits, smoothing("none"))
    assert np.allclose(soft, probabilities(logits, temperature=2.0), atol=1e-3)
    with pytest.raises(UserError, match="none of"):
        LabelRule("hard", 1.0, ())


def test_clamped_labels_are_nought_where_a_class_is_known_to_be_absent() -> None:
    labels = np.full((2, 3, 2), 0.5, np.float16)
    found = clamped(labels, np.array([[1, 0], [0, 0]], np.float16))
    assert found[0, :, 0].tolist() == [0.5] * 3 and found.sum() == 1.5


@pytest.mark.parametrize("damage", ["array", "json", "absent"])
def test_a_damaged_artifact_is_refused(tmp_path: Path, damage: str) -> None:
    save_labels(tmp_path, artifact())
    if damage == "array":
        np.save(tmp_path / "weak.npy", np.zeros((3, 20, 2), np.float16))
    elif damage == "json":
        (tmp_path / "labels.json").write_text("{}")
    else:
        (tmp_path / "weak.npy").unlink()
    with pytest.raises(UserError):
        load_labels(tmp_path)
