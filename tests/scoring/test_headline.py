"""Resampled single numbers are those of the resampled clips, and both entry points' dictionaries hold together."""

import json
from dataclasses import replace

import numpy as np
import pytest

from kd.corpus.tables import Event
from kd.errors import UserError
from kd.scoring.assess import assess
from kd.scoring.bootstrap import Weights
from kd.scoring.contrast import contrast
from kd.scoring.headline import Sampling, bounds, draw
from kd.scoring.measure import Rules, measure
from kd.scoring.psds import psds_of
from kd.scoring.resampled import binned, sample_average_precision, sample_calibration, sample_psds
from kd.scoring.system import FrameScores, System
from kd.scoring.units import clip_units
from tests.goldens.psds_cases import noisy

CASE = noisy(11, clips=12, frames=60, classes=3, overlaps=True)
REFERENCE = {clip: [Event(*span) for span in spans] for clip, spans in CASE.reference.items()}


def system(scores: np.ndarray = CASE.scores, **changes: object) -> System:
    many = len(CASE.classes)
    frames = FrameScores(scores, CASE.edges, (3,) * many, (0.6,) * many)
    given: dict = {
        "clips": tuple(CASE.clips),
        "classes": tuple(CASE.classes),
        "reference": REFERENCE,
        "events": frames.events(clips=CASE.clips, classes=CASE.classes),
        "scores": frames,
        "closed": True,
        **changes,
    }
    return System(**given)


def repeated(weights: Weights, row: int) -> System:
    """The system of the clips that a resample by clip drew, each copy a clip of its own."""
    rows = np.repeat(np.arange(len(CASE.clips)), weights.values[row, 0])
    names = [f"{CASE.clips[i]}-{n}" for n, i in enumerate(rows)]
    frames = FrameScores(CASE.scores[rows], CASE.edges[rows], (3,) * 3, (0.6,) * 3)
    return replace(
        system(),
        clips=tuple(names),
        reference={name: REFERENCE[CASE.clips[i]] for name, i in zip(names, rows, strict=True)},
        events=frames.events(clips=names, classes=CASE.classes),
        scores=frames,
    )


def test_every_interval_is_over_the_scores_of_the_clips_drawn() -> None:
    weights = draw(system(), sampling=Sampling(resamples=25, seed=4))
    assert weights is not None
    found = bounds([measure(system(), rules=Rules())], weights=weights, rules=Rules())
    whole = [assess(repeated(weights, r), sampling=Sampling(resamples=0)) for r in range(25)]
    places = {
        ("psds1",): ("psds1",),
        ("psds2",): ("psds2",),
        ("average_precision",): ("average_precision", "macro"),
        ("calibration_error",): ("calibration", "error"),
        ("error_rate", "event_based"): ("error_rate", "event_based", "overall", "error"),
        ("error_rate", "segment_based"): ("error_rate", "segment_based", "overall", "error"),
        ("macro", "f1"): ("event_based", "macro", "f1"),
        ("classes", "class 1", "recall"): ("event_based", "classes", "class 1", "recall"),
        ("segment_based", "macro", "f1"): ("segment_based", "macro", "f1"),
        ("tagging", "macro", "f1"): ("tagging", "macro", "f1"),
    }
    direct = assess(system(), sampling=Sampling(resamples=0))
    for drawn, place in places.items():
        one = at(found, drawn)
        values = [at(each, place) for each in whole]
        assert one["value"] == pytest.approx(at(direct, place), abs=1e-12), drawn
        expected = np.percentile([value for value in values if value is not None], (2.5, 97.5))
        assert (one["low"], one["high"]) == pytest.approx(tuple(expected), abs=1e-9), drawn


def at(found: dict, place: tuple[str, ...]) -> object:
    for key in place:
        found = found[key]
    return found


def test_by_maker_each_class_draws_its_own_clips() -> None:
    makers = {(c, e.label): {f"m{i % 4}"} for i, c in enumerate(CASE.clips) for e in REFERENCE[c]}
    made = system(makers=makers)
    weights = draw(made, sampling=Sampling(resamples=5))
    measured = measure(made, rules=Rules())
    assert weights is not None and weights.units.by == "maker" and measured.ranking and measured.frames
    found = bounds([measured], weights=weights, rules=Rules())
    assert found["by"] == "maker" and found["error_rate"] is None
    frames = binned(measured.frames.probabilities, measured.frames.truth, measured.frames.there)
    ranking, psds1 = measured.ranking, measured.psds["psds1"]
    together = sample_average_precision(ranking.targets, ranking.highest, weights=weights)
    parts = []
    for k in range(3):  # by clip, of one class alone, with that class's weights
        own = Weights(clip_units(clips=CASE.clips, classes=CASE.classes[:1]), weights.values[:, k : k + 1], 0)
        columns = slice(k, k + 1)
        parts.append(
            sample_average_precision(ranking.targets[:, columns], ranking.highest[:, columns], weights=own).draws
        )
    np.testing.assert_allclose(together.draws, np.nanmean(parts, axis=0), atol=1e-12)
    for r, value in enumerate(sample_psds(psds1, weights=weights).draws):
        assert value == psds_of(psds1, weights.cells(r))
    assert np.ptp(sample_calibration(frames, weights=weights).draws) > 0


def test_a_difference_is_b_minus_a_and_pairs_the_resamples() -> None:
    worse = np.where(CASE.scores > 0.8, CASE.scores - 0.5, CASE.scores).astype(np.float32)
    there, back = (
        contrast(*([one] for one in pair), sampling=Sampling(resamples=50))
        for pair in ((system(), system(worse)), (system(worse), system()))
    )
    json.dumps(there, allow_nan=False)
    for place in (("macro", "f1"), ("psds1",), ("average_precision",), ("segment_based", "macro", "f1")):
        one, other = at(there["difference"], place), at(back["difference"], place)
        assert one["value"] == -other["value"] and one["low"] == pytest.approx(-other["high"])  # type: ignore[index]
    change = there["difference"]["psds1"]
    assert change["value"] == there["b"]["psds1"] - there["a"]["psds1"]
    assert change["excludes_zero"] == (change["low"] > 0 or change["high"] < 0)
    same = contrast([system()], [system()], sampling=Sampling(resamples=10))
    assert same["difference"]["psds2"] == {"value": 0.0, "low": 0.0, "high": 0.0, "excludes_zero": False}
    table = contrast([system()], [replace(system(), scores=None, closed=False)], sampling=Sampling(resamples=10))
    assert table["difference"]["psds1"] is None and table["b"]["calibration"] is None


def test_several_systems_are_averaged_inside_each_resample() -> None:
    worse, worst = (
        system(np.where(CASE.scores > bound, CASE.scores - 0.5, CASE.scores).astype(np.float32)) for bound in (0.8, 0.7)
    )
    sampling = Sampling(resamples=50)
    one, other = (contrast([system()], [each], sampling=sampling) for each in (worse, worst))
    both = contrast([system()], [worse, worst], sampling=sampling)
    for place in (("macro", "f1"), ("psds1",), ("error_rate", "event_based")):
        singles, mean = [at(each["difference"], place) for each in (one, other)], at(both["difference"], place)
        values = [each["value"] for each in singles]  # type: ignore[index]
        assert mean["value"] == pytest.approx(np.mean(values))  # type: ignore[index]
        assert mean["seeds"] == pytest.approx({"min": min(values), "max": max(values)})  # type: ignore[index]
        lows, highs = ([each[end] for each in singles] for end in ("low", "high"))  # type: ignore[index]
        assert min(lows) <= mean["low"] <= mean["high"] <= max(highs)  # type: ignore[index]
    assert both["b"]["psds1"] == pytest.approx((one["b"]["psds1"] + other["b"]["psds1"]) / 2)
    assert len(both["b"]["systems"]) == 2 and both["a"]["psds1"] == one["a"]["psds1"]


def test_what_cannot_be_had_is_none() -> None:
    bare = assess(replace(system(), scores=None), sampling=Sampling(resamples=10))
    for name in ("psds1", "psds2", "psds_by_class", "average_precision", "calibration"):
        assert bare[name] is None
    assert bare["intervals"]["psds1"] is None and bare["error_rate"]["event_based"]["overall"]["error"] > 0
    logits = assess(system(CASE.scores * 8 - 4), sampling=Sampling(resamples=0))
    assert logits["calibration"] is None and "no probabilities" in logits["settings"]["notes"][0]
    assert logits["intervals"] is None and logits["psds1"] is not None
    silent = assess(system(reference={}), sampling=Sampling(resamples=10))
    json.dumps(silent, allow_nan=False)
    assert silent["psds1"] is None and silent["event_based"]["macro"]["f1"] is None
    assert silent["intervals"]["macro"]["f1"] == {"value": None, "low": None, "high": None}
    with pytest.raises(UserError, match="unit=maker"):
        assess(system(), sampling=Sampling(unit="maker"))
