"""Event and segment F1 must equal sed_eval, to the last bit, on random and on nasty lists."""

import math
import random
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kd.corpus.tables import Event
from kd.scoring.counts import Policy, Scores
from kd.scoring.event_f1 import event_based
from kd.scoring.segment_f1 import segment_based

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    sed_eval = pytest.importorskip("sed_eval")

CLASSES = ["a", "b", "c", "d"]
Table = dict[str, list[Event]]


def judged(metric: object, reference: Table, predicted: Table) -> dict[str, dict[str, float]]:
    """sed_eval's figures: macro, micro and each class."""
    for clip, events in reference.items():
        metric.evaluate(  # type: ignore[attr-defined]
            reference_event_list=as_dicts(clip, events), estimated_event_list=as_dicts(clip, predicted.get(clip, []))
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = metric.results()  # type: ignore[attr-defined]
    return {
        "macro": results["class_wise_average"]["f_measure"],
        "micro": results["overall"]["f_measure"],
        **{label: results["class_wise"][label]["f_measure"] for label in CLASSES},
    }


def as_dicts(clip: str, events: list[Event]) -> list[dict[str, object]]:
    return [
        {"filename": clip, "onset": event.onset, "offset": event.offset, "event_label": event.label} for event in events
    ]


def assert_same(ours: Scores, theirs: dict[str, dict[str, float]]) -> None:
    for name, expected in theirs.items():
        figures = {"macro": ours.macro, "micro": ours.micro, **ours.classes}[name].to_dict()
        for key, value in (("f1", "f_measure"), ("precision", "precision"), ("recall", "recall")):
            want = None if math.isnan(expected[value]) else float(expected[value])
            assert figures[key] == want, (name, key)  # type: ignore[literal-required]


def check_events(reference: Table, predicted: Table, *, policy: Policy = "zero_score", share: float = 0.2) -> None:
    metric = sed_eval.sound_event.EventBasedMetrics(
        event_label_list=list(CLASSES),
        t_collar=0.2,
        percentage_of_length=share,
        empty_system_output_handling="zero_score" if policy == "zero_score" else None,
    )
    ours = event_based(reference, predicted, classes=CLASSES, offset_share=share, empty=policy)
    assert_same(ours, judged(metric, reference, predicted))


def check_segments(reference: Table, predicted: Table, *, resolution: float = 1.0) -> None:
    """sed_eval takes no policy for segments; setting it afterwards shows that ours means the same."""
    policies: tuple[tuple[Policy, str | None], ...] = (("undefined", None), ("zero_score", "zero_score"))
    for policy, theirs in policies:
        metric = sed_eval.sound_event.SegmentBasedMetrics(event_label_list=list(CLASSES), time_resolution=resolution)
        metric.empty_system_output_handling = theirs
        ours = segment_based(reference, predicted, classes=CLASSES, resolution=resolution, empty=policy)
        assert_same(ours, judged(metric, reference, predicted))
        if theirs is None:
            assert segment_based(reference, predicted, classes=CLASSES, resolution=resolution).macro == ours.macro


# Times on a coarse decimal lattice, so that differences fall on the collar, some of them one bit off in binary.
lattice = st.integers(0, 40).map(lambda k: k / 10)
moved = st.tuples(lattice, st.sampled_from([0.0, 0.2, -0.2, 0.1, 1e-12, -1e-12])).map(lambda t: max(0.0, t[0] + t[1]))
free = st.floats(0, 5, allow_nan=False)
times = st.one_of(lattice, moved, free)


@st.composite
def events(draw: st.DrawFn) -> Event:
    onset = draw(times)
    length = draw(st.one_of(st.sampled_from([0.1, 0.2, 0.5, 1.0, 1.1, 2.0]), st.floats(0.01, 4)))
    return Event(onset, onset + length, draw(st.sampled_from(CLASSES[:3])))


@st.composite
def nudged(draw: st.DrawFn, event: Event) -> Event:
    """A prediction on, just inside or just outside the collars of a reference event."""
    share = 0.2 * (event.offset - event.onset)
    steps = st.sampled_from([0.0, 0.2, -0.2, 0.1, share, -share, 0.3])
    onset, offset = event.onset + draw(steps), event.offset + draw(steps)
    onset = draw(st.sampled_from([onset, math.nextafter(onset, 9), math.nextafter(onset, -9)]))
    offset = draw(st.sampled_from([offset, math.nextafter(offset, 9), math.nextafter(offset, -9)]))
    onset = max(0.0, onset)
    return Event(onset, max(offset, onset + 0.01), draw(st.sampled_from([event.label, event.label, "b"])))


@st.composite
def tables(draw: st.DrawFn) -> tuple[Table, Table]:
    reference: Table = {}
    predicted: Table = {}
    for clip in ("x.wav", "y.wav")[: draw(st.integers(1, 2))]:
        reference[clip] = draw(st.lists(events(), max_size=6))
        near = [draw(nudged(event)) for event in reference[clip] if draw(st.booleans())]
        predicted[clip] = near + draw(st.lists(events(), max_size=3))
    return reference, predicted


@settings(max_examples=250, deadline=None)
@given(tables())
def test_event_based_is_sed_eval(pair: tuple[Table, Table]) -> None:
    check_events(*pair)


@settings(max_examples=40, deadline=None)
@given(tables())
def test_event_based_is_sed_eval_without_zero_score(pair: tuple[Table, Table]) -> None:
    check_events(*pair, policy="undefined", share=0.5)


@settings(max_examples=60, deadline=None)
@given(tables(), st.sampled_from([1.0, 0.1, 0.25]))
def test_segment_based_is_sed_eval(pair: tuple[Table, Table], resolution: float) -> None:
    check_segments(*pair, resolution=resolution)


@pytest.mark.parametrize("seed", range(6))
def test_crowded_overlapping_events(seed: int) -> None:
    """Many overlapping events of one class, so that a matching must give up hits to gain others."""
    rng = random.Random(seed)
    reference, predicted = (
        {"x": [Event(k / 20, k / 20 + rng.choice([0.3, 0.9, 1.4]), "a") for k in rng.choices(range(25), k=25)]}
        for _ in range(2)
    )
    check_events(reference, predicted)
    check_segments(reference, predicted)


def test_borders_of_the_collar_are_those_of_binary_doubles() -> None:
    """0.7 - 0.5 is below 0.2 in doubles, 0.9 - 0.7 is above it, 1.2 - 1.0 below."""
    hits = []
    for onset, guess in ((0.5, 0.7), (0.7, 0.9), (1.0, 1.2)):
        reference, predicted = {"x": [Event(onset, 3.0, "a")]}, {"x": [Event(guess, 3.0, "a")]}
        check_events(reference, predicted)
        hits.append(event_based(reference, predicted).micro.f1)
    assert hits == [1.0, 0.0, 1.0]
    mended = event_based({"x": [Event(0.7, 3.0, "a")]}, {"x": [Event(0.9, 3.0, "a")]}, tolerance=1e-6)
    assert mended.micro.f1 == 1.0


def test_means_over_perfect_missed_false_and_absent_classes() -> None:
    reference = {"x": [Event(0, 1, "a"), Event(1, 2, "b")], "y": []}
    predicted = {"x": [Event(0, 1, "a")], "y": [Event(3, 4, "c")]}
    check_events(reference, predicted)
    check_events(reference, predicted, policy="undefined")
    check_segments(reference, predicted)
    scores = event_based(reference, predicted, classes=CLASSES)
    assert (scores.macro.f1, scores.macro.precision, scores.macro.recall) == (0.5, 0.25, 0.5)
    assert event_based(reference, predicted, classes=CLASSES, empty="undefined").macro.f1 == 1.0
    assert event_based(reference, predicted, classes=CLASSES, empty="zero").macro.f1 == 0.25


def test_nothing_predicted_and_nothing_there() -> None:
    check_events({"x": [Event(0, 1, "a")]}, {})
    check_events({"x": []}, {})
    check_segments({"x": []}, {"x": [Event(0.0, 0.5, "a")]})
