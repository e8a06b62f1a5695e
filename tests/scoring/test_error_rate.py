"""Error rates must be sed_eval's, on random and on crowded tables."""

import random
import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kd.corpus.tables import Event
from kd.scoring.error_rate import ErrorRate, ErrorRates, event_error_rates, segment_error_rates
from kd.scoring.hopcroft_karp import matching
from kd.scoring.matching import Collars

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    sed_eval = pytest.importorskip("sed_eval")

CLASSES = ["a", "b", "c"]
Table = dict[str, list[Event]]


def as_dicts(clip: str, events: list[Event]) -> list[dict[str, object]]:
    return [{"filename": clip, "onset": e.onset, "offset": e.offset, "event_label": e.label} for e in events]


def judged(metric: Any, reference: Table, predicted: Table) -> dict[str, Any]:
    for clip, events in reference.items():
        metric.evaluate(
            reference_event_list=as_dicts(clip, events), estimated_event_list=as_dicts(clip, predicted.get(clip, []))
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results: dict[str, Any] = metric.results()
    return results


def assert_same(ours: ErrorRates, results: dict[str, Any], reference: Table) -> None:
    there = {event.label for events in reference.values() for event in events}
    rates: list[tuple[ErrorRate | None, dict[str, float]]] = [(ours.overall, results["overall"]["error_rate"])]
    rates += [(ours.classes[label], results["class_wise"][label]["error_rate"]) for label in CLASSES]
    for (rate, want), exists in zip(rates, [bool(there), *(label in there for label in CLASSES)], strict=True):
        if not exists:
            assert rate is None
            continue
        assert rate is not None
        expected = (
            want["error_rate"],
            want.get("substitution_rate", 0.0),
            want["deletion_rate"],
            want["insertion_rate"],
        )
        assert (rate.error, rate.substitution, rate.deletion, rate.insertion) == pytest.approx(expected, abs=1e-12)
    if there == set(CLASSES):
        assert ours.macro is not None
        want = results["class_wise_average"]["error_rate"]
        got = (ours.macro.error, ours.macro.deletion, ours.macro.insertion)
        assert got == pytest.approx((want["error_rate"], want["deletion_rate"], want["insertion_rate"]), abs=1e-12)


def check(reference: Table, predicted: Table) -> None:
    events = sed_eval.sound_event.EventBasedMetrics(list(CLASSES), t_collar=0.2, percentage_of_length=0.2)
    assert_same(
        event_error_rates(reference, predicted, classes=CLASSES), judged(events, reference, predicted), reference
    )
    for resolution in (1.0, 0.1):
        segments = sed_eval.sound_event.SegmentBasedMetrics(list(CLASSES), time_resolution=resolution)
        ours = segment_error_rates(reference, predicted, classes=CLASSES, resolution=resolution)
        assert_same(ours, judged(segments, reference, predicted), reference)


spans = st.tuples(st.integers(0, 15), st.integers(1, 9), st.sampled_from(CLASSES))
events = spans.map(lambda t: Event(t[0] / 10, (t[0] + t[1]) / 10, t[2]))
tables = st.fixed_dictionaries({"x": st.lists(events, max_size=8), "y": st.lists(events, max_size=5)})


@settings(max_examples=100, deadline=None)
@given(tables, tables)
def test_rates_are_those_of_sed_eval(reference: Table, predicted: Table) -> None:
    check(reference, predicted)


@pytest.mark.parametrize("seed", range(6))
def test_crowded_clips(seed: int) -> None:
    """Many events near one another, so that there are many maximum matchings, and substitutions depend on which."""
    rng = random.Random(seed)

    def crowd() -> list[Event]:
        onsets = [k / 20 for k in rng.choices(range(16), k=22)]
        return [Event(on, on + rng.choice([0.3, 0.5, 0.9]), rng.choice(CLASSES)) for on in onsets]

    check({"x": crowd()}, {"x": crowd()})


def test_by_hand() -> None:
    """A hit, a wrong label at the right time, a miss; and two false alarms, one of them far off."""
    reference = {"x": [Event(0.0, 1.0, "a"), Event(2.0, 3.0, "a"), Event(5.0, 6.0, "b")], "y": []}
    predicted = {"x": [Event(0.1, 1.0, "a"), Event(2.0, 3.1, "b")], "y": [Event(0.0, 1.0, "c")]}
    ours = event_error_rates(reference, predicted, classes=CLASSES)
    assert ours.overall == ErrorRate(error=1.0, substitution=1 / 3, deletion=1 / 3, insertion=1 / 3)
    assert ours.classes == {"a": ErrorRate(0.5, 0.0, 0.5, 0.0), "b": ErrorRate(2.0, 0.0, 1.0, 1.0), "c": None}
    assert ours.macro == ErrorRate(1.25, 0.0, 0.75, 0.5)
    wide = event_error_rates(reference, predicted, classes=CLASSES, collars=Collars(onset_collar=9, offset_collar=9))
    assert wide.overall == ErrorRate(error=2 / 3, substitution=0.0, deletion=1 / 3, insertion=1 / 3)
    nothing = event_error_rates({"x": []}, predicted, clips=["x"], classes=["a"])
    assert (nothing.overall, nothing.macro, nothing.classes) == (None, None, {"a": None})


def test_the_matching_is_maximum() -> None:
    """Left 0 must give up right 0, so that left 1 has a partner; and an empty graph has none."""
    assert matching({0: [0, 1], 1: [0]}) == {0: 1, 1: 0}
    assert matching({}) == {}
