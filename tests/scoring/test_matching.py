"""The compiled matching against its slow twin."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kd.corpus.tables import Event
from kd.scoring import reference as slow
from kd.scoring.matching import Collars, flatten, matches, matches_of_cells

spans = st.tuples(st.integers(0, 12), st.integers(1, 8)).map(lambda t: (t[0] / 10, (t[0] + t[1]) / 10))
lists = st.lists(spans, max_size=7)


def as_events(pairs: list[tuple[float, float]]) -> list[Event]:
    return [Event(on, off, "a") for on, off in pairs]


@settings(max_examples=400, deadline=None)
@given(lists, lists, st.sampled_from([0.1, 0.2, 0.4]), st.sampled_from([0.0, 0.2, 0.5]))
def test_matching_is_maximum(
    reference: list[tuple[float, float]], estimated: list[tuple[float, float]], collar: float, share: float
) -> None:
    want = slow.most_matches(
        reference=reference, estimated=estimated, onset_collar=collar, offset_collar=collar, offset_share=share
    )
    collars = Collars(onset_collar=collar, offset_collar=collar, offset_share=share)
    assert matches(reference=as_events(reference), estimated=as_events(estimated), collars=collars) == want


def test_a_hit_is_given_up_to_gain_another() -> None:
    """The first reference hits both estimates, the second only the first one: in order of finding it would be 1."""
    reference, estimated = [(1.0, 2.0), (0.85, 2.0)], [(1.0, 2.0), (1.15, 2.0)]
    assert not slow.is_hit(reference=reference[1], estimated=estimated[1])
    assert matches(reference=as_events(reference), estimated=as_events(estimated)) == 2


def test_a_long_chain_of_swaps() -> None:
    """Each reference i hits estimates i and i + 1, the last one only the first estimate: all can be matched."""
    n = 60
    chain = [(0.15 * i, 0.15 * i + 50.0) for i in range(n)]
    late = [(0.15 * i - 0.14, 0.15 * i + 50.0) for i in range(n + 1)]
    assert matches(reference=as_events([*chain, (-0.3, 50.0)]), estimated=as_events(late)) == n + 1


def test_cells_are_apart() -> None:
    event = Event(0.0, 1.0, "a")
    counts = matches_of_cells(
        reference=flatten([[event], [], [event, event]]), estimated=flatten([[event, event], [event], [event, event]])
    )
    assert counts.tolist() == [1, 0, 2]
    assert matches_of_cells(reference=flatten([]), estimated=flatten([])).tolist() == []
    with pytest.raises(ValueError, match="same cells"):
        matches_of_cells(reference=flatten([[event]]), estimated=flatten([]))


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_collars_are_checked(value: float) -> None:
    with pytest.raises(ValueError, match="onset_collar"):
        Collars(onset_collar=value)
