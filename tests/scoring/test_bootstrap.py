"""Units, weights, and scores under weights against scores of literally repeated counts."""

from collections.abc import Sequence
from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kd.scoring.bootstrap import Weights, resample, sample_figures, sample_statistic
from kd.scoring.counts import CellCounts, Counts, Policy, Scores
from kd.scoring.units import Units, clip_units, joined, maker_units

POLICIES: tuple[Policy, ...] = get_args(Policy)


def named(clips: int, classes: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(f"{i}.wav" for i in range(clips)), tuple("abcdefghijklmnop"[:classes])


def made_up(rng: np.random.Generator, clips: int, classes: int) -> CellCounts:
    """Sparse counts, so that classes without references, without predictions and without hits are common."""
    tp, fp, fn = (rng.integers(0, 4, (clips, classes)) * (rng.random((clips, classes)) < 0.2) for _ in range(3))
    tp = tp * (rng.random(classes) < 0.6)
    return CellCounts(*named(clips, classes), tp=tp, fp=fp * (rng.random(classes) < 0.7), fn=fn)


def made_up_units(rng: np.random.Generator, cells: CellCounts, *, makers: int, by: str) -> Units:
    if by == "clip":
        return clip_units(clips=cells.clips, classes=cells.classes)
    who = {
        (clip, label): {f"m{m}" for m in rng.integers(0, makers, rng.choice([1, 1, 1, 2]))}
        for i, clip in enumerate(cells.clips)
        for k, label in enumerate(cells.classes)
        if cells.tp[i, k] + cells.fn[i, k] > 0
    }
    return maker_units(clips=cells.clips, classes=cells.classes, makers=who)


def repeated(cells: CellCounts, weights: npt.NDArray[np.int32]) -> Counts:
    """The counts of a list in which each cell is written down as often as it was drawn."""
    totals: list[list[int]] = []
    for part in (cells.tp, cells.fp, cells.fn):
        rows: list[list[int]] = [[] for _ in cells.classes]
        for i in range(len(cells.clips)):
            for k in range(len(cells.classes)):
                rows[k] += [int(part[i, k])] * int(weights[i, k])
        totals.append([sum(row) for row in rows])
    return Counts(cells.classes, *(np.array(total, np.int64) for total in totals))


def flat(scores: Scores) -> list[list[float]]:
    """The scores in the layout of `Sampled`."""
    columns = [scores.macro, scores.micro, *scores.classes.values()]
    return [
        [np.nan if value is None else value for value in row]
        for row in ([c.f1 for c in columns], [c.precision for c in columns], [c.recall for c in columns])
    ]


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 12),
    st.integers(1, 14),
    st.sampled_from(POLICIES),
    st.sampled_from(["clip", "maker"]),
)
def test_each_resample_is_the_score_of_repeated_counts(
    seed: int, clips: int, classes: int, empty: Policy, by: str
) -> None:
    rng = np.random.default_rng(seed)
    cells = made_up(rng, clips, classes)
    weights = resample(units=made_up_units(rng, cells, makers=3, by=by), resamples=5, seed=seed)
    found = sample_figures(cells, weights=weights, empty=empty)
    np.testing.assert_array_equal(found.value, flat(cells.total().scores(empty=empty)))
    for r in range(5):
        np.testing.assert_array_equal(found.draws[r], flat(repeated(cells, weights.cells(r)).scores(empty=empty)))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 4), st.integers(1, 8))
def test_makers_are_drawn_whole_and_as_many_units_as_there_are(
    seed: int, clips: int, classes: int, makers: int
) -> None:
    rng = np.random.default_rng(seed)
    cells = made_up(rng, clips, classes)
    units = made_up_units(rng, cells, makers=makers, by="maker")
    weights = resample(units=units, resamples=4, seed=seed)
    assert units.makers is not None
    for k, label in enumerate(cells.classes):
        row, held = units.row(k), cells.tp[:, k] + cells.fn[:, k] > 0
        assert set(row[held]).isdisjoint(row[~held])
        assert units.makers[label] == len(set(row[held]))
        assert len(set(row[~held])) == (~held).sum()
        for r in range(4):
            times = {int(u): set(weights.values[r, k, row == u].tolist()) for u in row}
            assert all(len(drawn) == 1 for drawn in times.values())
            assert sum(min(drawn) for drawn in times.values()) == len(times)


def test_units_by_hand() -> None:
    makers = {
        ("0", "a"): {"ann"},
        ("1", "a"): {"ann", "bob"},
        ("2", "a"): {"cid"},
        ("4", "a"): {"bob"},
        ("0", "b"): {"cid"},
        ("9", "a"): {"ann", "cid"},  # not scored: links nobody
    }
    units = maker_units(clips=["0", "1", "2", "3", "4"], classes=["a", "b", "c"], makers=makers)
    assert units.numbers.tolist() == [[0, 0, 1, 2, 0], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]
    assert units.makers == {"a": 2, "b": 1, "c": 0}
    assert units.few == ("a", "b", "c")
    five = maker_units(clips=list("01234"), classes=["a"], makers={(c, "a"): {c} for c in "01234"})
    assert five.few == ()
    assert clip_units(clips=["0"], classes=["a"]).makers is None


@pytest.mark.parametrize(
    ("groups", "numbers"),
    [
        ([], []),
        (["a", "b", "a"], [0, 1, 0]),
        (["ab", "cd", "bc", "e"], [0, 0, 0, 1]),
        (["a", "b", "c", "d", "dc", "cb", "e", "ba"], [0, 0, 0, 0, 0, 0, 1, 0]),
    ],
)
def test_groups_that_share_a_name_are_joined(groups: Sequence[str], numbers: list[int]) -> None:
    assert joined(groups) == numbers


def drawn(seed: int, resamples: int = 4000) -> Weights:
    return resample(units=clip_units(clips=named(40, 1)[0], classes=["a"]), resamples=resamples, seed=seed)


def test_weights_are_those_of_drawing_with_replacement() -> None:
    weights = drawn(0).values[:, 0].astype(np.float64)
    assert (weights.sum(axis=1) == 40).all()
    assert abs(weights.mean(axis=0) - 1).max() < 5 * np.sqrt(1 / 4000)
    assert abs(weights.var() - (1 - 1 / 40)) < 0.02  # of a binomial
    assert abs(np.corrcoef(weights[:, :2].T)[0, 1] - -1 / 39) < 0.08


def test_the_seed_decides() -> None:
    np.testing.assert_array_equal(drawn(1, 10).values, drawn(1, 10).values)
    assert (drawn(1, 10).values != drawn(2, 10).values).any()


@pytest.mark.parametrize("by", ["clip", "maker"])
def test_a_statistic_sees_the_same_weights(by: str) -> None:
    rng = np.random.default_rng(4)
    cells = made_up(rng, 20, 3)
    weights = resample(units=made_up_units(rng, cells, makers=4, by=by), resamples=30, seed=9)

    def macro(each: npt.NDArray[np.int32]) -> float:
        return flat(repeated(cells, each).scores())[0][0]

    single, whole = sample_statistic(macro, weights=weights), sample_figures(cells, weights=weights)
    assert single.draws.shape == (30,)
    np.testing.assert_array_equal(single.draws, whole.draws[:, 0, 0])
    assert single.value == whole.value[0, 0]
    vector = sample_statistic(lambda each: each.sum(axis=0), weights=weights)
    assert vector.draws.shape == (30, 3) and vector.value.tolist() == [20, 20, 20]


def test_what_does_not_fit_is_refused() -> None:
    cells = made_up(np.random.default_rng(0), 4, 2)
    with pytest.raises(ValueError, match="1 or more"):
        resample(units=clip_units(clips=cells.clips, classes=cells.classes), resamples=0)
    other = resample(units=clip_units(clips=cells.clips[::-1], classes=cells.classes), resamples=2)
    with pytest.raises(ValueError, match="different clips"):
        sample_figures(cells, weights=other)
    right = resample(units=clip_units(clips=cells.clips, classes=cells.classes), resamples=2)
    with pytest.raises(ValueError, match="empty must be"):
        sample_figures(cells, weights=right, empty="none")  # type: ignore[arg-type]


def test_no_clip_at_all() -> None:
    nothing = np.zeros((0, 2), np.int64)
    cells = CellCounts((), ("a", "b"), nothing, nothing, nothing)
    found = sample_figures(cells, weights=resample(units=clip_units(clips=(), classes=("a", "b")), resamples=3))
    assert np.isnan(found.value[0]).all() and found.draws.shape == (3, 3, 4)
