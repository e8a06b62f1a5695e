"""Systems: events from scores on any grid, systems put side by side, and the truth of frames without a common grid."""

from pathlib import Path

import numpy as np
import pytest

from kd.corpus.tables import Event, write_events
from kd.errors import UserError
from kd.scoring.decode import decode_clips
from kd.scoring.frame_truth import frame_truth
from kd.scoring.grid import FrameGrid
from kd.scoring.score_files import write_score_files
from kd.scoring.sources import of_scores, of_table, read_reference
from kd.scoring.system import FrameScores, System, shared

GRID = FrameGrid(hop=0.0415, window=0.064, frames=60, seconds=2.51)
CLASSES = ("a", "b")
HEADER = "filename\tonset\toffset\tevent_label"


def random_scores(seed: int, clips: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).random((clips, GRID.frames, 2), dtype=np.float32)


def system(**changes: object) -> System:
    given: dict = {
        "clips": ("x", "y"),
        "classes": CLASSES,
        "reference": {"x": [Event(0, 1, "a")], "y": []},
        "events": {},
        **changes,
    }
    return System(**given)


def test_events_are_those_of_decode_on_a_grid_and_on_its_borders() -> None:
    scores, clips = random_scores(0), list("wxyz")
    wanted = decode_clips(scores, clips=clips, grid=GRID, thresholds=(0.5, 0.7), windows=(3, 1), classes=CLASSES)
    for grid in (GRID, np.tile(GRID.edges(), (4, 1))):
        assert FrameScores(scores, grid, (3, 1), (0.5, 0.7)).events(clips=clips, classes=CLASSES) == wanted


def test_a_short_clip_is_smoothed_by_itself() -> None:
    scores = random_scores(1, clips=2)
    edges = np.tile(GRID.edges(), (2, 1))
    edges[1, 40:], scores[1, 40:] = edges[1, 40], -np.inf
    short = FrameScores(scores, edges, (7, 7), (0.5, 0.5))
    alone = FrameScores(scores[1:, :40], edges[1:, :41], (7, 7), (0.5, 0.5))
    assert short.events(clips="xy", classes=CLASSES)["y"] == alone.events(clips="y", classes=CLASSES)["y"]
    np.testing.assert_array_equal(short.smooth()[1, :40], alone.smooth()[0])
    assert np.isneginf(short.smooth()[1, 40:]).all() and short.range()[0] >= 0


def test_truth_of_borders_is_that_of_the_grid_but_for_the_ends() -> None:
    rng = np.random.default_rng(2)
    reference = {"x": [Event(float(on), float(on) + 0.3, "a") for on in rng.uniform(0.1, 2.0, 20)]}
    on_grid = frame_truth(reference, clips="x", classes=CLASSES, grid=GRID)
    on_borders = frame_truth(reference, clips="x", classes=CLASSES, grid=GRID.edges()[np.newaxis])
    np.testing.assert_array_equal(on_grid[:, 1:-1], on_borders[:, 1:-1])
    assert on_grid.any() and not on_grid[..., 1].any()
    late = frame_truth({"x": [Event(50, 60, "a")]}, clips="x", classes=CLASSES, grid=np.array([[0.0, 1.0, 2.0, 2.0]]))
    assert late[0, :, 0].tolist() == [False, True, False]


def test_shared_orders_clips_and_joins_the_classes_of_tables() -> None:
    other = system(clips=("y", "x"), classes=("b", "c"))
    both, notes = shared({"a": system(), "b": other})
    assert [one.clips for one in both.values()] == [("x", "y")] * 2
    assert [one.classes for one in both.values()] == [("a", "b", "c")] * 2
    assert not notes
    three, notes = shared({"a": system(), "b (1)": other, "b (2)": system(classes=("a",), closed=True)})
    assert [one.classes for one in three.values()] == [("a",)] * 3 and notes == ["not known to all, left out: b, c"]


def test_scores_follow_clips_and_classes() -> None:
    scores = FrameScores(random_scores(3, clips=2), GRID, (1, 3), (0.2, 0.4))
    turned = system(scores=scores).over(clips=("y", "x"), classes=("b", "a"))
    assert turned.scores is not None
    np.testing.assert_array_equal(turned.scores.values, scores.values[::-1, :, ::-1])
    assert (turned.scores.windows, turned.scores.thresholds) == ((3, 1), (0.4, 0.2))
    assert system(scores=scores).over(clips=("x",), classes=("a", "c")).scores is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"clips": ("x", "y", "z")}, "only b is scored on clip 'z'"),
        ({"clips": ("x",)}, "only a is scored on clip 'y'"),
        ({"reference": {"x": [Event(0, 1.5, "a")], "y": []}}, "different reference events in clip 'x'"),
        ({"classes": ("z",), "closed": True}, "no class"),
    ],
)
def test_systems_that_cannot_be_compared_are_refused(changes: dict, says: str) -> None:
    with pytest.raises(UserError, match=says):
        shared({"a": system(closed=True), "b": system(**changes)})


def test_makers_come_from_a_column_or_a_twin(tmp_path: Path) -> None:
    table = tmp_path / "metadata" / "test" / "test.tsv"
    write_events(table, {"x.wav": [Event(0, 1, "a")], "y.wav": []})
    assert read_reference(table).makers is None
    twin = tmp_path / "sources" / "test" / "test.tsv"
    twin.parent.mkdir(parents=True)
    twin.write_text(f"{HEADER}\tmaker\nx.wav\t0.0\t1.0\ta\tAnn\n")
    assert read_reference(table).makers == {("x.wav", "a"): frozenset({"Ann"})}
    assert read_reference(table, makers=False).makers is None
    assert of_table(table, read_reference(table)).makers == {("x.wav", "a"): frozenset({"Ann"})}


def test_a_reference_that_scores_cannot_answer_is_refused(tmp_path: Path) -> None:
    scores = random_scores(4, clips=1)
    write_score_files(tmp_path / "s", scores=scores, clips=["x.wav"], classes=CLASSES, grid=GRID)
    table = tmp_path / "r.tsv"
    write_events(table, {"x.wav": [Event(0, 1, "a"), Event(0, 1, "c")]})
    with pytest.raises(UserError, match=r"r\.tsv:3: .* no scores of the class 'c'"):
        of_scores(tmp_path / "s", read_reference(table))
    table.write_text(HEADER + "\n")
    with pytest.raises(UserError, match="names no clip"):
        of_scores(tmp_path / "s", read_reference(table))
    write_events(table, {"x.wav": [Event(0, 4, "a")]})
    assert "past their last frame: 1" in of_scores(tmp_path / "s", read_reference(table)).notes[-1]


def test_tempered_scores_are_probabilities_at_the_temperatures() -> None:
    logits = np.random.default_rng(0).normal(size=(2, GRID.frames, 2)).astype(np.float32)
    scores = FrameScores((1 / (1 + np.exp(-logits))).astype(np.float32), GRID, (1, 1), (0.5, 0.5), (1.0, 2.0))
    tempered = scores.tempered()
    assert tempered is not None
    np.testing.assert_allclose(tempered[..., 0], scores.values[..., 0], atol=1e-6)
    np.testing.assert_allclose(tempered[..., 1], 1 / (1 + np.exp(-logits[..., 1] / 2)), atol=1e-6)
    assert scores.of(rows=[1], columns=[1]).temperatures == (2.0,)
    assert FrameScores(scores.values, GRID, (1, 1), (0.5, 0.5)).tempered() is None
