"""The account of what went wrong: every event is in it once."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kd.corpus.tables import Event
from kd.scoring.assess import assess
from kd.scoring.event_f1 import event_cells
from kd.scoring.headline import Sampling
from kd.scoring.matching import Collars
from kd.scoring.mistakes import Mistakes, mistakes
from kd.scoring.system import System

CLASSES = ("a", "b", "c")
EVENTS = st.lists(
    st.builds(
        lambda on, long, label: Event(on / 10, (on + long) / 10, label),
        st.integers(0, 60),
        st.integers(1, 40),
        st.sampled_from(CLASSES),
    ),
    max_size=8,
    unique=True,
)


def system(real: Sequence[Event], said: Sequence[Event]) -> System:
    return System(clips=("x",), classes=CLASSES, reference={"x": real}, events={"x": said})


def of(real: Sequence[Event], said: Sequence[Event]) -> dict[str, Mistakes]:
    return mistakes(system(real, said), collars=Collars())


@given(EVENTS, EVENTS)
def test_every_event_is_counted_once_and_hits_are_those_that_count(real: list[Event], said: list[Event]) -> None:
    found = of(real, said)
    cells = event_cells(reference={"x": real}, predicted={"x": said}, classes=CLASSES)
    for k, label in enumerate(CLASSES):
        one = found[label]
        assert one.hits == cells.tp[0, k]
        assert one.reference - one.hits == cells.fn[0, k] and one.predicted - one.hits == cells.fp[0, k]
        assert one.taken_for.total() == one.misses and label not in one.taken_for


@pytest.mark.parametrize(
    ("real", "said", "near", "misses", "false_alarms"),
    [
        ([(1, 2)], [(1.1, 2.1)], {}, 0, 0),
        ([(1, 2)], [(1, 5)], {"offset": 1}, 0, 0),
        ([(1, 5)], [(4, 5)], {"onset": 1}, 0, 0),
        ([(1, 5)], [(2, 3)], {"both": 1}, 0, 0),
        ([(1, 5)], [(1, 4.5), (4.6, 5)], {}, 0, 1),
        ([(1, 2)], [(5, 6)], {}, 1, 1),
        ([(1, 2)], [], {}, 1, 0),
    ],
)
def test_what_went_wrong(
    real: list[Any], said: list[Any], near: dict[str, int], misses: int, false_alarms: int
) -> None:
    found = of([Event(*each, "a") for each in real], [Event(*each, "a") for each in said])["a"]
    assert dict(found.near) == near
    assert (found.misses, found.false_alarms) == (misses, false_alarms)


def test_what_was_taken_for_what() -> None:
    real = [Event(0, 2, "a"), Event(5, 6, "a"), Event(8, 9, "a")]
    said = [Event(0, 0.5, "b"), Event(0, 1.5, "c"), Event(5.4, 9, "b")]
    found = assess(system(real, said), sampling=Sampling(resamples=0))["mistakes"]
    assert found["a"]["taken_for"] == {"b": 3}
    assert found["a"]["near"] == {"onset": 0, "offset": 0, "both": 0} and found["b"]["false_alarms"] == 2
