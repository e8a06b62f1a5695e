"""What became of events, against the scorer."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from kd.corpus.tables import Event
from kd.scoring.matching import Collars, matches
from kd.scoring.verdicts import FALSE_ALARM, HIT, MISS, NEAR, overlap, pairs_of


def events(most: int = 6) -> st.SearchStrategy[list[Event]]:
    """Events of one class on a coarse grid, so that they often nearly match."""
    times = st.tuples(st.integers(0, 40), st.integers(1, 20))
    return st.lists(times.map(lambda t: Event(t[0] / 10, (t[0] + t[1]) / 10, "a")), max_size=most, unique=True)


@given(events(), events())
def test_hits_are_those_of_the_scorer_and_every_event_has_one_fate(truth: list[Event], guess: list[Event]) -> None:
    pairs = pairs_of("a", truth, guess)
    kinds = Counter(pair.kind for pair in pairs)
    assert kinds[HIT] == matches(reference=truth, estimated=guess)
    assert sorted((p.reference.onset, p.reference.offset) for p in pairs if p.reference) == sorted(
        (e.onset, e.offset) for e in truth
    )
    assert sorted((p.predicted.onset, p.predicted.offset) for p in pairs if p.predicted) == sorted(
        (e.onset, e.offset) for e in guess
    )
    for pair in pairs:
        assert (pair.reference is None) == (pair.kind == FALSE_ALARM)
        assert (pair.predicted is None) == (pair.kind == MISS)
        if pair.reference and pair.predicted:
            assert Collars().admit(pair.reference, pair.predicted) == (pair.kind == HIT)
            assert pair.kind == HIT or overlap(pair.reference, pair.predicted) > 0


@given(events(), events())
def test_no_miss_overlaps_a_false_alarm_of_its_class(truth: list[Event], guess: list[Event]) -> None:
    pairs = pairs_of("a", truth, guess)
    missed = [pair.reference for pair in pairs if pair.kind == MISS and pair.reference]
    alarms = [pair.predicted for pair in pairs if pair.kind == FALSE_ALARM and pair.predicted]
    assert not any(overlap(one, other) > 0 for one in missed for other in alarms)


def test_a_near_miss_says_how_far_off_it_is() -> None:
    (pair,) = pairs_of("a", [Event(1.0, 2.0, "a")], [Event(1.5, 2.25, "a")])
    assert (pair.kind, pair.onset, pair.offset) == (NEAR, 0.5, 0.25)
