"""Events from scores that come block by block: those of the whole recording, and their scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import median_filter

from kd.audio.grid import FrameGrid
from kd.detection.events import Detection, StreamEvents, calibrated, in_order, within
from kd.scoring.decode import decode
from kd.scoring.operating_points import OperatingPoints

CLASSES = ("Cat", "Dog", "Speech")
POINTS = OperatingPoints((0.5, 0.3, 0.75), (1, 5, 9), (0.0, 0.8, 2.5))
TEMPERATURES = (1.0, 0.5, 2.0)


def heard(scores: np.ndarray, grid: FrameGrid, cuts: list[int]) -> list[Detection]:
    stream = StreamEvents(grid=grid, points=POINTS, temperatures=TEMPERATURES, classes=CLASSES)
    found = [
        event
        for part in np.split(scores, sorted(cut % (len(scores) + 1) for cut in cuts))
        for event in stream.push(part)
    ]
    return in_order(within([*found, *stream.finish(grid.seconds)], seconds=grid.seconds))


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 60), st.integers(0, 2**32 - 1), st.lists(st.integers(0, 10**6), max_size=8), st.floats(0.2, 1.0))
def test_the_events_of_the_whole_recording(frames: int, seed: int, cuts: list[int], share: float) -> None:
    rng = np.random.default_rng(seed)
    scores = np.round(rng.random((frames, 3)), 2).astype(np.float32)
    grid = FrameGrid(hop=0.0415, window=0.064, frames=frames, seconds=max(0.05, share * frames * 0.0415))
    found = heard(scores, grid, cuts)
    whole = decode(
        scores,
        grid=grid,
        thresholds=POINTS.thresholds,
        windows=POINTS.windows,
        classes=CLASSES,
        depths=POINTS.depths,
    )
    assert [(e.onset, e.offset, e.label) for e in found] == [(e.onset, e.offset, e.label) for e in whole]


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 60), st.integers(0, 2**32 - 1), st.lists(st.integers(0, 10**6), max_size=8))
def test_a_score_is_the_threshold_that_ends_the_event(frames: int, seed: int, cuts: list[int]) -> None:
    scores = np.random.default_rng(seed).random((frames, 3)).astype(np.float32)
    grid = FrameGrid(hop=0.1, window=0.1, frames=frames, seconds=frames / 10)
    for event in heard(scores, grid, cuts):
        k = CLASSES.index(event.label)
        smooth = median_filter(scores[:, k], POINTS.windows[k], mode="nearest")
        first, last = round(event.onset * 10), round(event.offset * 10)
        assert event.score == pytest.approx(calibrated(float(smooth[first:last].max()), TEMPERATURES[k]))


def test_an_event_is_given_as_soon_as_it_is_settled() -> None:
    stream = StreamEvents(
        grid=FrameGrid(hop=1, window=1, frames=1, seconds=1),
        points=OperatingPoints((0.5,), (3,)),
        temperatures=[1.0],
        classes=["Dog"],
    )
    told = [stream.push(np.full((1, 1), value, np.float32)) for value in (0, 1, 1, 1, 0, 0)]
    assert [len(each) for each in told] == [0, 0, 0, 0, 0, 1]
    assert (told[5][0].onset, told[5][0].offset) == (1.0, 4.0)


def test_calibrated() -> None:
    assert calibrated(0.5, 7.0) == 0.5
    assert calibrated(0.9, 2.0) == pytest.approx(0.75)
    assert 0.0 <= calibrated(0.0, 1.0) < 1e-6 < 1 - 1e-6 < calibrated(1.0, 1.0) <= 1.0
