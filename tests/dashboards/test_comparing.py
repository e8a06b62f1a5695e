"""Runs side by side."""

import re
from pathlib import Path

import pytest

from dashboards.comparing import Side, comparison_page, runs_named
from dashboards.systems import merged_systems
from kd.errors import UserError
from kd.scoring.contrast import contrast
from kd.scoring.headline import Sampling
from tests.dashboards.made import made_job


@pytest.fixture
def sides(tmp_path: Path) -> list[Side]:
    """Two passes of a job as if they were two jobs."""
    job = made_job(tmp_path, classes=["a", "b"], passes=2, clips=[f"{i}.wav" for i in range(20)])
    systems = merged_systems(job, "report")
    return [Side(f"{i}" * 32, "iterate", {"steps": f"{i}", "seed": "0"}, systems[i]) for i in (1, 2)]


def test_the_page_has_the_differences_of_compare_and_the_settings_that_differ(sides: list[Side]) -> None:
    page = comparison_page(sides, resamples=200).alone()
    found = contrast([sides[0].system], [sides[1].system], sampling=Sampling(resamples=200))["difference"]
    macro = found["macro"]["f1"]
    assert f"{100 * macro['value']:+.2f}" in page
    assert f"{100 * macro['low']:+.2f} to {100 * macro['high']:+.2f}" in page
    settings = page[page.index("id=settings") :]
    assert re.search(r"<th scope=row >steps</th><td >1</td><td >2</td>", settings) and ">seed<" not in settings
    assert "iterate 111111" in page and "iterate 222222" in page


def test_a_run_beside_itself_differs_in_nothing(sides: list[Side]) -> None:
    first = sides[0]
    page = comparison_page([first, Side("3" * 32, "again", first.params, first.system)], resamples=100).alone()
    assert "None: all parameters are the same." in page and "+0.00\n+0.00 to +0.00" in page


@pytest.mark.parametrize(
    "words", ["", "a" * 32, f"{'a' * 32},{'a' * 32}", f"{'a' * 32},b", ",".join(f"{i:032x}" for i in range(9))]
)
def test_what_is_not_two_to_eight_runs_is_refused(words: str) -> None:
    with pytest.raises(UserError):
        runs_named(words)
