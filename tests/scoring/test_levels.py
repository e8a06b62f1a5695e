"""Counting at all thresholds in one walk, against the slow twin, augmenting paths and sed_eval."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import scoring_cases
from benchmarks.scoring_cases import WAYS, Case, crowded, made_up, on_the_border, ours, ours_one_by_one, twin
from kd.corpus.tables import Event
from kd.scoring import kernels
from kd.scoring import reference as slow
from kd.scoring.grid import FrameGrid
from kd.scoring.grid_counts import count_levels, grid_counts, levels_of
from kd.scoring.matching import Collars, flatten, matches
from kd.scoring.median import median_by_counting, median_of_levels, median_of_rows

Span = tuple[float, float]
generators = st.randoms(use_true_random=False)


@settings(max_examples=1200, deadline=None)
@given(generators)
def test_one_walk_augmenting_paths_slow_twin_and_sed_eval_agree(rng: random.Random) -> None:
    case = made_up(rng)
    answers = {name: way(case) for name, way in WAYS.items()}
    assert all(answer == answers["sed_eval"] for answer in answers.values()), answers


# Whole seconds: nearly every reference event competes with others, many are nested or equal, and no rounding hides it.
crowds = st.builds(
    lambda levels, spans, collar, share: Case(
        grid=FrameGrid(hop=1.0, window=1.0, frames=len(levels), seconds=float(len(levels))),
        scores=tuple(level / 4 for level in levels),
        thresholds=(0.25, 0.5, 0.75, 1.0),
        window=1,
        reference=tuple((float(first), float(first + length)) for first, length in spans),
        collar=collar,
        share=share,
    ),
    st.lists(st.integers(0, 4), min_size=4, max_size=14),
    st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6)), max_size=6),
    st.sampled_from([1.0, 2.0, 3.0]),
    st.sampled_from([0.0, 0.25, 1.0]),
)


@settings(max_examples=700, deadline=None)
@given(crowds)
def test_crowded_events_are_matched_as_by_the_slow_twin(case: Case) -> None:
    assert ours(case) == twin(case)


def test_competing_events_are_matched_as_by_augmenting_paths() -> None:
    """In a few of these, taking the first free reference event would lose a hit: they must not be swept."""
    rng = random.Random(0)
    for case in (crowded(rng) for _ in range(3000)):
        assert ours(case) == ours_one_by_one(case) == twin(case)


@settings(max_examples=300, deadline=None)
@given(st.lists(crowds, min_size=1, max_size=4))
def test_clips_are_apart(cases: list[Case]) -> None:
    """Clips of one call share scratch memory; the counts of each are those of a call of its own."""
    frames = max(len(case.scores) for case in cases)
    edges, collars = np.arange(frames + 1.0), cases[0].collars()
    levels = np.zeros((len(cases), frames), np.int32)
    for i, case in enumerate(cases):
        levels[i, : len(case.scores)] = [round(score * 4) for score in case.scores]
    cells = [[Event(on, off, "") for on, off in case.reference] for case in cases]
    together = count_levels(levels, flatten(cells), count=4, edges=edges, collars=collars)
    for i, cell in enumerate(cells):
        alone = count_levels(levels[i : i + 1], flatten([cell]), count=4, edges=edges, collars=collars)
        for part, single in zip(together, alone, strict=True):
            assert part[i].tolist() == single[0].tolist()


def at_one_threshold(edges: list[float], active: list[int], reference: list[Span]) -> tuple[int, int]:
    truth = flatten([[Event(on, off, "") for on, off in reference]])
    hits, found = count_levels(np.array([active], np.int32), truth, count=1, edges=np.array(edges))
    return int(hits[0, 0]), int(found[0, 0])


@pytest.mark.parametrize(("onset", "guess", "hits"), [(0.5, 0.7, 1), (0.7, 0.9, 0), (1.0, 1.2, 1), (0.7, 0.5, 1)])
def test_borders_of_the_collar_are_those_of_binary_doubles(onset: float, guess: float, hits: int) -> None:
    assert at_one_threshold([0.0, guess, 3.0, 4.0], [0, 1, 0], [(onset, 3.0)]) == (hits, 1)
    assert matches(reference=[Event(onset, 3.0, "")], estimated=[Event(guess, 3.0, "")]) == hits


def test_a_nested_reference_event_is_left_to_augmenting_paths() -> None:
    """The first event hits both, the second only the outer one, which comes first by onset: in that order it is 1."""
    outer, nested = (1.0, 1.35), (1.05, 1.1)
    first, second = (0.9, 1.16), (1.18, 1.5)
    assert [slow.is_hit(reference=span, estimated=first) for span in (outer, nested)] == [True, True]
    assert [slow.is_hit(reference=span, estimated=second) for span in (outer, nested)] == [True, False]
    edges, active = [0.0, 0.82, 0.9, 1.16, 1.18, 1.5, 2.0], [0, 0, 1, 0, 1, 0]
    reach, count = in_reach([outer, nested], edges)
    assert not kernels.can_sweep(reach, count)
    assert at_one_threshold(edges, active, [outer, nested]) == (2, 2)
    reach, count = in_reach([outer, nested], edges[:1] + edges[2:])  # no border tells their onsets apart: either order
    assert kernels.can_sweep(reach, count)
    assert at_one_threshold(edges[:1] + edges[2:], active[1:], [outer, nested]) == (2, 2)


def in_reach(reference: list[Span], edges: list[float]) -> tuple[np.ndarray, int]:  # type: ignore[type-arg]
    reach = np.empty((len(reference), 4), np.int64)
    ons, offs = (np.array([span[i] for span in reference]) for i in range(2))
    return reach, kernels.borders_in_reach(ons, offs, np.array(edges), 0.2, 0.2, 0.2, 0.0, reach)


@settings(max_examples=300, deadline=None)
@given(generators)
def test_borders_in_reach_are_those_of_the_rule(rng: random.Random) -> None:
    case = on_the_border(rng)
    edges = case.grid.edges().tolist()
    want = []
    for onset, offset in case.reference:
        allowed = max(0.2, 0.2 * (offset - onset))
        begins = [i for i, edge in enumerate(edges) if abs(onset - edge) <= 0.2]
        ends = [i for i, edge in enumerate(edges) if abs(offset - edge) <= allowed]
        if begins and ends:
            want.append([begins[0], begins[-1], ends[0], ends[-1]])
    reach, count = in_reach(list(case.reference), edges)
    assert sorted(reach[:count].tolist()) == sorted(want)
    rows = reach[:count]
    assert (np.diff(rows[:, :2], axis=0) >= 0).all()


def test_reference_events_apart_never_need_augmenting_paths() -> None:
    """A long event with a wide offset collar, then a short one: they share no event, so their order is enough."""
    edges = [i / 50 for i in range(501)]
    reach, count = in_reach([(0.5, 8.5), (8.6, 8.9), (8.9, 9.0), (9.0, 9.8)], edges)
    assert count == 4
    assert kernels.can_sweep(reach, count)
    assert reach[0, 3] > reach[1, 3]
    nested, count = in_reach([(1.0, 9.0), (1.1, 2.0)], edges)
    assert not kernels.can_sweep(nested, count)
    assert nested[0].tolist() == [40, 60, 370, 500]


def test_nothing_to_count() -> None:
    edges = np.array([0.0, 1.0, 2.0])
    levels = np.array([[1, 0], [0, 0]], np.int32)
    hits, found = count_levels(levels, flatten([[], [Event(0, 1, "")]]), count=1, edges=edges)
    assert (hits.tolist(), found.tolist()) == ([[0], [0]], [[1], [0]])
    for shape in ((0, 2), (2, 0)):
        empty = levels[: shape[0]]
        hits, found = count_levels(empty, flatten([[]] * shape[0]), count=shape[1], edges=edges)
        assert hits.shape == found.shape == shape


def test_thresholds_keep_the_order_in_which_they_are_given() -> None:
    grid = FrameGrid(hop=0.1, window=0.1, frames=30, seconds=3.0)
    rng = np.random.default_rng(0)
    scores = rng.random((5, 30, 1), dtype=np.float32)
    names = [str(i) for i in range(5)]
    reference = {name: [Event(1.0, 1.5, "a")] for name in names}
    thresholds = [0.5, 0.1, 0.9, 0.5, 0.3]
    counts = grid_counts(scores, reference, clips=names, grid=grid, windows=(3,), thresholds=thresholds, classes=("a",))
    for t, threshold in enumerate(thresholds):
        alone = grid_counts(
            scores, reference, clips=names, grid=grid, windows=(3,), thresholds=[threshold], classes=("a",)
        )
        assert counts.fp[0, t, 0] == alone.fp[0, 0, 0]
    assert counts.fp[0, 0, 0] == counts.fp[0, 3, 0] != counts.fp[0, 1, 0]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.7, 1.0]), min_size=9, max_size=9), min_size=1, max_size=3),
    st.integers(0, 15).map(lambda k: 2 * k + 1),
)
def test_the_level_of_a_median_is_the_median_of_the_levels(rows: list[list[float]], window: int) -> None:
    ascending = np.array([0.1, 0.3, 0.5, 0.6, 1.0])
    levels = levels_of(np.array(rows, np.float32), ascending=ascending)
    assert levels.tolist() == [[sum(t <= np.float32(value) for t in ascending) for value in row] for row in rows]
    want = [
        [sum(t <= np.float32(v) for t in ascending) for v in slow.running_median(row=r, window=window)] for r in rows
    ]
    assert median_of_levels(levels, window=window, count=5).tolist() == want
    assert median_by_counting(levels, window, 5).tolist() == median_of_rows(levels, window).tolist() == want


def test_the_script_writes_what_it_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "cases.json"
    assert scoring_cases.main(["--cases", "20", "--out", str(out)]) == 0
    result = json.loads(out.read_text())
    assert (result["cases"], result["disagreements"], result["differing"]) == (20, 0, [])
    assert 0 < result["compared"]["hits"] < result["compared"]["predicted events"]
    monkeypatch.setitem(WAYS, "one walk", lambda case: [(9, 9)] * len(case.thresholds))
    assert scoring_cases.main(["--cases", "3", "--out", str(out)]) == 1
    assert json.loads(out.read_text())["disagreements"] == 3


def test_collars_are_handed_on() -> None:
    truth = flatten([[Event(1.0, 2.0, "")]])
    levels, edges = np.array([[0, 1, 0]], np.int32), np.array([0.0, 1.3, 2.0, 3.0])
    for collar, want in ((0.2, 0), (0.4, 1)):
        collars = Collars(onset_collar=collar)
        assert count_levels(levels, truth, count=1, edges=edges, collars=collars)[0].tolist() == [[want]]
