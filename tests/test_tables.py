"""The tables of README and docs are what the kept results say."""

import pytest

from benchmarks.table import MARKED, ROOT


@pytest.mark.parametrize(("path", "name"), MARKED)
def test_a_table_is_what_the_results_say(path: str, name: str) -> None:
    assert f"\n\n{MARKED[path, name]()}\n\n<!-- end of {name} -->" in (ROOT / path).read_text()
