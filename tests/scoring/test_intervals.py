"""Intervals of scores and of differences."""

import json

import numpy as np
import pytest

from kd.scoring.bootstrap import Sampled, resample, sample_figures, sample_statistic
from kd.scoring.counts import CellCounts
from kd.scoring.intervals import Interval, interval, intervals
from kd.scoring.units import clip_units, maker_units

CLASSES = ("a", "b", "c")


def system(seed: int, quality: float, clips: int = 60) -> CellCounts:
    """A system that hits a share of the events; what there is to hit does not depend on the seed. c never occurs."""
    truth = np.random.default_rng(99).integers(0, 3, (clips, 3)) * np.array([1, 1, 0])
    rng = np.random.default_rng(seed)
    tp = rng.binomial(truth, quality)
    fp = rng.binomial(2, 1 - quality, (clips, 3))
    return CellCounts(tuple(map(str, range(clips))), CLASSES, tp=tp, fp=fp, fn=truth - tp)


def weights_for(cells: CellCounts, *, seed: int = 0, resamples: int = 400):  # type: ignore[no-untyped-def]
    return resample(units=clip_units(clips=cells.clips, classes=cells.classes), resamples=resamples, seed=seed)


def test_the_bounds_are_percentiles_of_the_resamples() -> None:
    cells = system(0, 0.6)
    weights = weights_for(cells)
    found = intervals([cells], weights=weights)
    draws = sample_figures(cells, weights=weights).draws
    scores = cells.total().scores()
    for at, name in enumerate(("f1", "precision", "recall")):
        for column, part, figures in (
            (0, found.macro, scores.macro),
            (1, found.micro, scores.micro),
            (3, found.classes["b"], scores.classes["b"]),
        ):
            low, high = np.percentile(draws[:, at, column], [2.5, 97.5])
            assert part[name] == Interval(getattr(figures, name), low, high)
            assert low < getattr(figures, name) < high


def test_a_class_without_reference_is_undefined_and_out_of_the_macro() -> None:
    cells = system(0, 0.6)
    found = intervals([cells], weights=weights_for(cells))
    assert found.classes["c"]["f1"] == Interval(None, None, None)
    assert found.classes["c"]["precision"] == Interval(0.0, 0.0, 0.0)
    assert found.macro["f1"].value == np.mean([found.classes[c]["f1"].value for c in "ab"])  # type: ignore[arg-type]


def test_a_class_that_some_resamples_lose_is_bounded_by_the_others() -> None:
    one, none = np.eye(1, 10, dtype=np.int64).T, np.zeros((10, 1), np.int64)
    cells = CellCounts(tuple("0123456789"), ("a",), tp=one, fp=none, fn=none)
    weights = weights_for(cells)
    lost = (weights.values[:, 0, 0] == 0).mean()
    assert 0.25 < lost < 0.45
    assert intervals([cells], weights=weights).macro["f1"] == Interval(1.0, 1.0, 1.0)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """A share of hits estimated from 80 clips, 300 times over."""
    inside = 0
    for seed in range(300):
        hits = np.random.default_rng(seed).binomial(1, 0.4, (80, 1))
        cells = CellCounts(tuple(map(str, range(80))), ("a",), tp=hits, fp=0 * hits, fn=1 - hits)
        found = intervals([cells], weights=weights_for(cells, seed=seed, resamples=300)).micro["recall"]
        assert found.low is not None and found.high is not None
        inside += found.low <= 0.4 <= found.high
    assert 0.9 <= inside / 300 <= 0.98


def test_makers_widen_the_interval_where_they_differ() -> None:
    """5 makers, one found easily, another hardly; 150 clips. By clip the truth is missed too often, by maker less so."""
    inside: dict[str, int] = {"clip": 0, "maker": 0}
    for seed in range(300):
        rng = np.random.default_rng(seed)
        easy, maker = rng.beta(2, 2, 5), rng.integers(0, 5, 150)
        there = rng.random(150) < 0.2
        hit, false = there & (rng.random(150) < easy[maker]), rng.random(150) < 0.05
        tp, fp, fn = (part.astype(np.int64)[:, np.newaxis] for part in (hit, false, there & ~hit))
        cells = CellCounts(tuple(map(str, range(150))), ("a",), tp=tp, fp=fp, fn=fn)
        makers = {(str(i), "a"): {str(maker[i])} for i in np.flatnonzero(there)}
        for units in (
            clip_units(clips=cells.clips, classes=("a",)),
            maker_units(clips=cells.clips, classes=("a",), makers=makers),
        ):
            weights = resample(units=units, resamples=200, seed=seed)
            found = intervals([cells], weights=weights).classes["a"]["f1"]
            assert found.low is not None and found.high is not None
            inside[units.by] += found.low <= 0.2 / (0.2 + 0.1 + 0.05) <= found.high
    assert inside["clip"] + 9 < inside["maker"] <= 0.96 * 300
    assert inside["maker"] >= 0.85 * 300


def test_a_paired_difference_is_narrower_than_the_systems() -> None:
    cells = system(0, 0.6)
    better = CellCounts(cells.clips, CLASSES, cells.tp.copy(), cells.fp.copy(), cells.fn.copy())
    better.tp[:8] += better.fn[:8]
    better.fn[:8] = 0
    weights = weights_for(cells)
    found = intervals([better], weights=weights, against=[cells])
    alone = intervals([better], weights=weights)
    for part, single in ((found.macro, alone.macro), (found.micro, alone.micro), (found.classes["a"],) * 2):
        assert part["recall"].low is not None and part["recall"].high is not None
        if part is not single:
            assert single["recall"].low is not None and single["recall"].high is not None
            assert part["recall"].high - part["recall"].low < single["recall"].high - single["recall"].low
        assert part["recall"].low > 0
    assert found.macro["f1"].value == pytest.approx(
        better.total().scores().macro.f1 - cells.total().scores().macro.f1  # type: ignore[operator]
    )
    nought = intervals([cells], weights=weights, against=[cells])
    assert nought.macro["f1"] == nought.classes["b"]["recall"] == Interval(0.0, 0.0, 0.0)
    assert nought.classes["c"]["f1"] == Interval(None, None, None)


def test_seeds_are_averaged_inside_each_resample() -> None:
    seeds = [system(seed, 0.6) for seed in range(3)]
    weights = weights_for(seeds[0])
    found = intervals(seeds, weights=weights)
    points = [one.total().scores().macro.f1 for one in seeds]
    draws = np.mean([sample_figures(one, weights=weights).draws[:, 0, 0] for one in seeds], axis=0)
    assert found.macro["f1"].value == pytest.approx(np.mean(points))  # type: ignore[arg-type]
    assert (found.macro["f1"].low, found.macro["f1"].high) == pytest.approx(tuple(np.percentile(draws, [2.5, 97.5])))
    assert found.macro["f1"].seeds == (min(points), max(points))  # type: ignore[type-var]
    others = [system(seed, 0.3) for seed in range(7, 9)]
    gap = intervals(seeds, weights=weights, against=others).macro["f1"]
    weak = [one.total().scores().macro.f1 for one in others]
    assert gap.value == pytest.approx(np.mean(points) - np.mean(weak))  # type: ignore[arg-type]
    assert gap.seeds == pytest.approx((min(points) - max(weak), max(points) - min(weak)))  # type: ignore[type-var,operator]


def test_a_statistic_of_any_kind() -> None:
    cells = system(0, 0.6)
    weights = weights_for(cells)

    def recall(each: np.ndarray) -> float:  # type: ignore[type-arg]
        return float((cells.tp * each).sum() / ((cells.tp + cells.fn) * each).sum())

    ours = interval([sample_statistic(recall, weights=weights)])
    assert ours == intervals([cells], weights=weights).micro["recall"]
    undefined = Sampled(np.array(np.nan), np.full(5, np.nan))
    assert interval([undefined]) == Interval(None, None, None)


def test_json() -> None:
    cells = system(0, 0.6)
    makers = {(c, k): {f"m{int(c) % (7 if k == 'a' else 2)}"} for c in cells.clips for k in "ab"}
    makers = {(c, k): who for (c, k), who in makers.items() if (cells.tp + cells.fn)[int(c), CLASSES.index(k)] > 0}
    units = maker_units(clips=cells.clips, classes=CLASSES, makers=makers)
    found = intervals([cells, system(1, 0.5)], weights=resample(units=units, resamples=50, seed=3)).to_dict()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["by"], found["resamples"], found["seed"]) == ("maker", 50, 3)
    assert found["makers"] == {"a": 7, "b": 2, "c": 0}
    assert found["few_makers"] == ["b", "c"]
    assert set(found["macro"]) == {"f1", "precision", "recall"}
    assert set(found["classes"]["a"]["f1"]) == {"value", "low", "high", "seeds"}
    assert set(found["classes"]["a"]["f1"]["seeds"]) == {"min", "max"}


def test_what_cannot_be_compared_is_refused() -> None:
    cells = system(0, 0.6)
    with pytest.raises(ValueError, match="different references"):
        other = CellCounts(cells.clips, CLASSES, tp=cells.tp, fp=cells.fp, fn=cells.fn + 1)
        intervals([cells], weights=weights_for(cells), against=[other])
    with pytest.raises(ValueError, match="no system"):
        intervals([], weights=weights_for(cells))
    with pytest.raises(ValueError, match="sampled differently"):
        interval([Sampled(np.array(0.0), np.zeros(3)), Sampled(np.array(0.0), np.zeros(4))])
