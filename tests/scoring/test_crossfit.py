"""Halves of cells, and choices that are scored where they were not made."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kd.corpus.tables import Event
from kd.scoring.bootstrap import resample
from kd.scoring.counts import CellCounts, f1_of
from kd.scoring.crossfit import Bools, columns_of, crossfit, halve, optimism
from kd.scoring.operating_points import OperatingPoints
from kd.scoring.tune import cells_at, tune
from kd.scoring.units import clip_units, maker_units
from tests.scoring.test_bootstrap import made_up, made_up_units
from tests.scoring.test_tune import CLASSES, GRID
from tests.scoring.test_tune import made_up as made_up_scores


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 4), st.sampled_from(["clip", "maker"]))
def test_halves_part_the_cells_and_keep_units_whole(seed: int, clips: int, classes: int, by: str) -> None:
    rng = np.random.default_rng(seed)
    cells = made_up(rng, clips, classes)
    units, events = made_up_units(rng, cells, makers=6, by=by), cells.tp + cells.fn
    halves = halve(units=units, events=events, seed=seed)
    assert (halves.masks[0] ^ halves.masks[1]).all()
    np.testing.assert_array_equal(halves.masks, halve(units=units, events=events, seed=seed).masks)
    for k, label in enumerate(cells.classes):
        row, first = units.row(k), halves.masks[0, :, k]
        assert set(row[first]).isdisjoint(row[~first])
        full = events[:, k] > 0
        several = len(set(row[full])) > 1
        assert (label in halves.uneven) == (not several)
        if several:
            held = np.bincount(row, weights=events[:, k])
            assert abs(events[first, k].sum() - events[~first, k].sum()) <= held.max()
            assert events[first, k].sum() > 0 and events[~first, k].sum() > 0
        assert abs((first & ~full).sum() - (~first & ~full).sum()) <= 1


def test_halves_differ_with_the_seed() -> None:
    units = clip_units(clips=list("0123456789"), classes=["a"])
    events = np.ones((10, 1), np.int64)
    assert len({halve(units=units, events=events, seed=seed).masks.tobytes() for seed in range(8)}) > 4
    with pytest.raises(ValueError, match="events are"):
        halve(units=units, events=events[:5])


def noise(seed: int, clips: int = 24) -> tuple[np.ndarray, dict[str, list[Event]], list[str]]:  # type: ignore[type-arg]
    """Scores that know nothing of the reference."""
    scores, reference, names = made_up_scores(seed, clips=clips)
    return np.random.default_rng(seed + 1000).permuted(scores, axis=0), reference, names


def fitted(scores, reference, names, seed=0):  # type: ignore[no-untyped-def]
    def choose(mask: Bools) -> OperatingPoints:
        return tune(scores, reference, clips=names, grid=GRID, classes=CLASSES, windows=(1, 3, 5, 7, 9, 13), cells=mask)

    def count(points: OperatingPoints) -> CellCounts:
        return cells_at(scores, reference, clips=names, grid=GRID, points=points, classes=CLASSES)

    events = count(OperatingPoints.fixed(classes=3))
    units = clip_units(clips=names, classes=CLASSES)
    halves = halve(units=units, events=events.tp + events.fn, seed=seed)
    return crossfit(halves=halves, choose=choose, count=count), choose, count, units


def test_each_half_is_counted_at_the_choice_of_the_other() -> None:
    scores, reference, names = made_up_scores(3, clips=20)
    fit, choose, count, _ = fitted(scores, reference, names)
    assert fit.halves.uneven == ("c",)
    halvable = np.array([True, True, False])
    for half in (0, 1):
        mask, elsewhere = fit.halves.masks[half], fit.halves.masks[1 - half] & halvable
        assert fit.chosen_on[half] == choose(mask)
        for name in ("tp", "fp", "fn"):
            there = getattr(count(choose(mask)), name)
            np.testing.assert_array_equal(getattr(fit.crossed, name)[elsewhere], there[elsewhere])
    assert fit.chosen == choose(np.ones((20, 3), np.bool_))
    np.testing.assert_array_equal(fit.same.tp, count(fit.chosen).tp)
    np.testing.assert_array_equal(fit.crossed.tp + fit.crossed.fn, fit.same.tp + fit.same.fn)
    assert not fit.crossed.fp[:, 2].any() and not fit.comparable.fp[:, 2].any() and fit.same.fp[:, 2].any()


def test_a_choice_cannot_see_what_it_is_scored_on() -> None:
    """Truth is turned over in one half: what was chosen on the other stays as it was."""
    scores, reference, names = made_up_scores(5, clips=20)
    fit, *_ = fitted(scores, reference, names)
    spoilt = {
        name: [e for e in events if fit.halves.masks[0, i, CLASSES.index(e.label)]]
        for i, (name, events) in enumerate(reference.items())
    }
    for i in range(20):
        for k in range(3):
            if fit.halves.masks[1, i, k]:
                scores[i, :, k] = 1 - scores[i, :, k]
    again = tune(
        scores, spoilt, clips=names, grid=GRID, classes=CLASSES, windows=(1, 3, 5, 7, 9, 13), cells=fit.halves.masks[0]
    )
    assert again == fit.chosen_on[0]


def test_choosing_from_noise_is_optimistic_and_cross_fitting_tells() -> None:
    gains = []
    for seed in range(12):
        fit, _, _, units = fitted(*noise(seed))
        found = optimism([fit], weights=resample(units=units, resamples=50, seed=seed)).micro["f1"]
        gains.append(found.value)
        assert found.value == pytest.approx(
            fit.comparable.total().scores().micro.f1 - fit.crossed.total().scores().micro.f1  # type: ignore[operator]
        )
        assert found.low is not None and found.high is not None and found.low <= found.high
    assert np.mean(gains) > 0.01
    assert min(gains) > -0.05


def test_several_splits_are_averaged() -> None:
    scores, reference, names = made_up_scores(2, clips=20)
    fits = [fitted(scores, reference, names, seed=seed)[0] for seed in range(3)]
    units = fitted(scores, reference, names)[3]
    found = optimism(fits, weights=resample(units=units, resamples=20))
    single = [fit.crossed.total().scores().macro.f1 for fit in fits]
    assert found.macro["f1"].value == pytest.approx(fits[0].same.total().scores().macro.f1 - np.mean(single))


def test_a_champion_and_its_point_are_chosen_together() -> None:
    """Two candidates, each good at one class: every class gets (candidate, threshold, window) of its own."""
    scores, reference, names = made_up_scores(4, clips=24)
    candidates = []
    for good in (1, 0):
        spoilt = scores.copy()
        spoilt[:, :, 1 - good] = np.random.default_rng(good).random(spoilt.shape[:2])
        candidates.append(spoilt)

    def at(one: int, points: OperatingPoints) -> CellCounts:
        return cells_at(candidates[one], reference, clips=names, grid=GRID, points=points, classes=CLASSES)

    def choose(mask: Bools) -> list[tuple[int, float, int]]:
        points = [
            tune(each, reference, clips=names, grid=GRID, classes=CLASSES, windows=(1, 3, 7), cells=mask)
            for each in candidates
        ]
        f1 = []
        for one, chosen in enumerate(points):
            found = at(one, chosen)
            f1.append(f1_of(**{name: (getattr(found, name) * mask).sum(axis=0) for name in ("tp", "fp", "fn")}))
        best = np.argmax(f1, axis=0)
        return [(int(c), points[c].thresholds[k], points[c].windows[k]) for k, c in enumerate(best)]

    def count(choice: list[tuple[int, float, int]]) -> CellCounts:
        points = OperatingPoints(tuple(t for _, t, _ in choice), tuple(w for _, _, w in choice))
        return columns_of([at(one, points) for one in (0, 1)], which=[c for c, _, _ in choice])

    events = at(0, OperatingPoints.fixed(classes=3))
    halves = halve(units=clip_units(clips=names, classes=CLASSES), events=events.tp + events.fn)
    fit = crossfit(halves=halves, choose=choose, count=count)
    assert [c for c, *_ in fit.chosen][:2] == [c for c, *_ in fit.chosen_on[0]][:2] == [1, 0]
    whole = fit.crossed.total().scores()
    assert whole.micro.f1 is not None and whole.micro.f1 > 0.3
    assert fit.halves.uneven == ("c",)


def test_one_maker_cannot_be_halved() -> None:
    makers = {(clip, "a"): {"ann"} for clip in "0123"}
    units = maker_units(clips=list("012345"), classes=["a"], makers=makers)
    events = np.array([[1], [1], [1], [1], [0], [0]])
    halves = halve(units=units, events=events)
    assert halves.uneven == ("a",)
    assert sorted(halves.masks[:, :4].sum(axis=(1, 2)).tolist()) == [0, 4]
    assert halves.masks[:, 4:].sum(axis=(1, 2)).tolist() == [1, 1]


def test_the_units_with_most_events_are_dealt_first() -> None:
    units = clip_units(clips=list("01234"), classes=["a"])
    for seed in range(10):
        masks = halve(units=units, events=np.array([[1], [4], [2], [1], [0]]), seed=seed).masks
        assert (masks[:, :, 0] @ [1, 4, 2, 1, 0]).tolist() == [4, 4]
