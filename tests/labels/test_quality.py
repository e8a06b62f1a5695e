"""The quality of labels, and why no threshold tells temperatures apart."""

from dataclasses import replace

import numpy as np
import pytest

from kd.audio.grid import FrameGrid
from kd.corpus.tables import Event
from kd.labels.quality import Quality, label_quality, log_loss
from kd.labels.settings import LabelSettings
from kd.labels.statistics import agreement, positive_share
from kd.scoring.decode import decode_clips
from kd.scoring.event_f1 import event_based
from kd.scoring.operating_points import OperatingPoints

GRID = FrameGrid(hop=0.05, window=0.1, frames=60, seconds=3.0)
CLASSES = ("cat", "dog")


def case(seed: int = 0) -> tuple[np.ndarray, dict[str, list[Event]], list[str]]:
    """Noisy logits of eight clips, and what is in them."""
    rng = np.random.default_rng(seed)
    logits = rng.standard_normal((8, GRID.frames, 2)) - 3
    truth: dict[str, list[Event]] = {}
    for i in range(8):
        onset = float(rng.uniform(0, 1.5))
        truth[f"{i}.wav"] = [Event(onset, onset + 1.0, CLASSES[i % 2])]
        first, last = GRID.frames_of(onset, onset + 1.0)
        logits[i, first:last, i % 2] += 5
    return logits.astype(np.float16), truth, list(truth)


def quality(settings: LabelSettings, seed: int = 0) -> Quality:
    logits, truth, clips = case(seed)
    return label_quality(
        logits,
        truth,
        clips=clips,
        grid=GRID,
        classes=CLASSES,
        rule=settings.rule(OperatingPoints((0.4, 0.6), (1, 1)), index=2),
        smoothings=settings.smoothings(["median", "median+gaussian"]),
    )


@pytest.mark.parametrize("kind", ["soft", "binary", "gated"])
def test_f1_is_that_of_events_decoded_from_the_smoothed_teacher(kind: str) -> None:
    settings = LabelSettings(kind=kind, window=5, sigma=0.0)
    logits, truth, clips = case()
    p = 1 / (1 + np.exp(-logits.astype(np.float32)))
    found = decode_clips(p, clips=clips, grid=GRID, thresholds=(0.4, 0.6), windows=(5, 5), classes=CLASSES)
    expected = event_based(truth, found, clips=clips)
    assert quality(settings).f1 == pytest.approx(expected.macro.f1, abs=1e-12)


def test_thresholded_f1_cannot_tell_temperatures_apart_and_log_loss_can() -> None:
    settings = LabelSettings(kind="soft", window=5)
    found = [quality(replace(settings, temperature=t)) for t in (0.25, 1.0, 4.0)]
    assert len({each.f1 for each in found}) == 1 and found[0].f1 > 0.5
    assert len({each.log_loss for each in found}) == 3
    z = np.random.default_rng(0).standard_normal(1000)
    for t in (0.25, 4.0):
        for theta in (0.1, 0.5, 0.8):
            moved = 1 / (1 + np.exp(-np.log(theta / (1 - theta)) / t))
            assert np.array_equal(1 / (1 + np.exp(-z / t)) >= moved, 1 / (1 + np.exp(-z)) >= theta)


def test_window_and_threshold_change_the_quality() -> None:
    values = {
        quality(LabelSettings(window=window, start=start)).value for window in (1, 5, 21) for start in (0.3, 0.5, 0.8)
    }
    assert len(values) > 5


def test_log_loss_by_hand_leaves_out_frames_without_a_label() -> None:
    labels = np.array([[[0.8, np.nan], [0.3, 0.5]]])
    truth = np.array([[[True, True], [False, True]]])
    expected = ((-np.log(0.8) - np.log(0.7)) / 2 - np.log(0.5)) / 2
    assert log_loss(labels, truth) == pytest.approx(expected, rel=1e-6)
    assert log_loss(np.full((1, 2, 1), np.nan), np.zeros((1, 2, 1), bool)) == 0


def test_binary_labels_have_no_log_loss_and_a_value_that_is_f1() -> None:
    found = quality(LabelSettings())
    assert found.log_loss is None and found.value == found.f1
    soft = quality(LabelSettings(kind="soft"))
    assert soft.log_loss is not None and soft.value == pytest.approx(soft.f1 - 0.1 * soft.log_loss)


def test_shares_and_agreement() -> None:
    one = np.zeros((1, 4, 3), bool)
    other = one.copy()
    one[0, :2, 0], other[0, 1:3, 0], one[0, :, 1] = True, True, True
    assert positive_share(one).tolist() == [0.5, 1.0, 0.0]
    assert agreement(one, other).tolist() == [pytest.approx(1 / 3), 0.0, 1.0]
    assert positive_share(np.zeros((0, 4, 2), bool)).tolist() == [0, 0]
