"""Work by threads of this process."""

import itertools
import time
from collections.abc import Iterator

import pytest

from kd.engines.local import ahead


def test_ahead_gives_the_same_items_in_order() -> None:
    assert list(ahead(iter(range(50)))) == list(range(50))


def test_ahead_raises_in_its_place() -> None:
    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("gone")

    found = ahead(broken())
    assert [next(found), next(found)] == [1, 2]
    with pytest.raises(OSError, match="gone"):
        next(found)


def test_ahead_stops_where_nobody_wants_more() -> None:
    made = []

    def endless() -> Iterator[int]:
        for number in itertools.count():
            made.append(number)
            yield number

    found = ahead(endless(), by=2)
    assert next(found) == 0
    found.close()
    count = len(made)
    time.sleep(0.3)
    assert len(made) == count <= 5
