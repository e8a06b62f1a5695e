"""Frame scores to events, and frames to seconds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kd.corpus.tables import Event
from kd.scoring import reference as slow
from kd.scoring.decode import decode, decode_clips, runs
from kd.scoring.grid import FrameGrid

S1 = FrameGrid(hop=664 / 16000, window=1024 / 16000, frames=240, seconds=10.0)


def test_edges_are_half_a_hop_around_the_centres() -> None:
    edges = S1.edges()
    assert edges.shape == (241,)
    assert edges.dtype == np.float64
    assert edges[0] == 0.0
    assert edges[-1] == 10.0
    centres = np.arange(240) * S1.hop + S1.window / 2
    np.testing.assert_allclose(edges[1:-1], centres[:-1] + S1.hop / 2, rtol=0, atol=1e-12)
    assert (np.diff(edges) > 0).all()


@pytest.mark.parametrize("time", [0.04, 1.0, 2.3456, 5.0, 9.93])
def test_a_click_is_found_within_half_a_hop(time: float) -> None:
    """A click in silence, framed with a Hann window: the loudest frame's event is centred on the click."""
    audio = np.zeros(160000)
    audio[round(time * 16000)] = 1.0
    hann = np.hanning(1024)
    energy = np.array([((audio[i * 664 : i * 664 + 1024] * hann) ** 2).sum() for i in range(240)])
    (event,) = runs((energy == energy.max())[:, None], grid=S1, classes=["click"])
    if event.onset > 0 and event.offset < 10:
        assert abs((event.onset + event.offset) / 2 - time) <= S1.hop / 2 + 1 / 16000
    assert event.onset - 1 / 16000 <= time <= event.offset + 1 / 16000


def test_runs_at_the_ends_reach_the_ends() -> None:
    active = np.zeros((240, 2), np.bool_)
    active[:3, 0] = active[237:, 0] = active[:, 1] = True
    edges = S1.edges()
    assert runs(active, grid=S1, classes=["a", "b"]) == [
        Event(0.0, edges[3], "a"),
        Event(0.0, 10.0, "b"),
        Event(edges[237], 10.0, "a"),
    ]


def test_the_threshold_itself_is_active() -> None:
    grid = FrameGrid(hop=1.0, window=1.0, frames=4, seconds=4.0)
    scores = np.array([[0.5], [0.49], [0.5], [0.51]], np.float32)
    found = decode(scores, grid=grid, thresholds=[0.5], windows=[1], classes=["a"])
    assert found == [Event(0.0, 1.0, "a"), Event(2.0, 4.0, "a")]


def test_frames_past_the_end_make_no_event() -> None:
    grid = FrameGrid(hop=1.0, window=1.0, frames=6, seconds=4.0)
    scores = np.array([[0], [0], [0], [0], [0], [1]], np.float32)
    assert decode(scores, grid=grid, thresholds=[0.5], windows=[1], classes=["a"]) == []


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 40), st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 5, 9]), st.floats(0.05, 0.95))
def test_decode_is_filter_threshold_and_runs(frames: int, seed: int, window: int, threshold: float) -> None:
    grid = FrameGrid(hop=0.25, window=0.5, frames=frames, seconds=(frames + 1) * 0.25)
    scores = np.random.default_rng(seed).integers(0, 20, (frames, 2)).astype(np.float32) / 20
    found = decode(scores, grid=grid, thresholds=[threshold, 0.5], windows=[window, 1], classes=["a", "b"])
    edges, want = grid.edges().tolist(), []
    for k, (label, width, limit) in enumerate([("a", window, threshold), ("b", 1, 0.5)]):
        smooth = slow.running_median(row=scores[:, k].tolist(), window=width)
        spans = slow.runs(active=[value >= limit for value in smooth])
        want += [Event(edges[first], edges[last], label) for first, last in spans]
    assert found == sorted(want, key=lambda event: (event.onset, event.offset, event.label))


def test_what_does_not_fit_is_refused() -> None:
    grid = FrameGrid(hop=1.0, window=1.0, frames=2, seconds=2.0)
    good = np.zeros((1, 2, 1), np.float32)
    with pytest.raises(ValueError, match="frames"):
        decode_clips(good[:, :1], clips=["x"], grid=grid, thresholds=[0.5], windows=[1], classes=["a"])
    with pytest.raises(ValueError, match="NaN"):
        decode_clips(good * np.nan, clips=["x"], grid=grid, thresholds=[0.5], windows=[1], classes=["a"])
    with pytest.raises(ValueError, match="2 thresholds"):
        decode_clips(good, clips=["x"], grid=grid, thresholds=[0.5, 0.5], windows=[1], classes=["a"])
    with pytest.raises(ValueError, match="odd"):
        decode_clips(good, clips=["x"], grid=grid, thresholds=[0.5], windows=[2], classes=["a"])
