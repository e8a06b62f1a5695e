"""A small share of what `python -m tests.faults.fuzz` does, and that it would find something."""

import os
from pathlib import Path

import pytest

from tests.faults import fuzz
from tests.faults.fuzz import fuzzed


@pytest.mark.parametrize(("what", "count"), [("tables", 3000), ("audio", 150)])
def test_broken_input_is_read_or_refused_and_nothing_else(what: str, count: int) -> None:
    found = fuzzed(what, count, seed=1)
    assert found["inputs"] == count and not found["findings"], found["findings"][:5]
    assert found["read"] > count / 50 and found["refused"] > count / 50


def test_what_breaks_a_reader_or_its_process_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(path: Path) -> None:
        if len(path.read_bytes()) % 3 == 0:
            raise ValueError("no message for the user")
        if len(path.read_bytes()) % 7 == 0:
            os._exit(9)

    monkeypatch.setattr(fuzz, "sounds", lambda: [("x.wav", bytes(200), breaks)])
    found = fuzzed("audio", 60)
    assert sum(found[kind] for kind in ("read", "finding")) == 60 and found["read"] and found["finding"]
    said = {text for _, text in found["findings"]}
    assert said == {"x.wav: ValueError: no message for the user", "the process ended with 9"}
