"""A small share of what `python -m tests.faults.fuzz` does."""

import pytest

from tests.faults.fuzz import fuzzed


@pytest.mark.parametrize(("what", "count"), [("tables", 3000), ("audio", 150)])
def test_broken_input_is_read_or_refused_and_nothing_else(what: str, count: int) -> None:
    found = fuzzed(what, count, seed=1)
    assert found["inputs"] == count and not found["findings"], found["findings"][:5]
    assert found["read"] > count / 50 and found["refused"] > count / 50
