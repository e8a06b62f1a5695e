"""Pages of jobs that were never run: of every size, with any name."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest

from dashboards.clips import relative
from dashboards.markup import Cell, in_script, table
from dashboards.report import Report, report_page
from dashboards.sections.errors import LENGTHS, bin_of, by_fact, counts, span, taken_for
from kd.corpus.tables import Event
from kd.scoring.verdicts import FALSE_ALARM, HIT, MISS, Pair
from tests.dashboards.made import RUN, made_job

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>'\"&amp;"


def data_of(page: str) -> dict[str, dict[str, object]]:
    """What a page's scripts are given."""
    found = re.search(r"<script type='application/json' id=data>(.*?)</script>", page, re.DOTALL)
    assert found
    return json.loads(found[1])


@pytest.mark.parametrize(("classes", "passes", "clips"), [(1, 1, 1), (2, 1, 3), (50, 20, 4)])
def test_a_report_of_any_size(tmp_path: Path, classes: int, passes: int, clips: int) -> None:
    names = [f"class {i}" for i in range(classes)]
    job = made_job(tmp_path, classes=names, passes=passes, clips=[f"{i}.wav" for i in range(clips)])
    page = report_page(job)
    data = data_of(page)
    assert page.count("<h1>") == 1 and all(f">{name}<" in page for name in names)
    assert len(data["browser"]["details"]) == 2 * min(2, clips)  # of both splits
    ids = set(re.findall(r"class=chart id='([^']+)'", page))
    assert ids == set(data["figures"])
    assert len(page) < 12e6


def test_a_report_without_a_reported_split_says_that_its_numbers_flatter(tmp_path: Path) -> None:
    job = made_job(tmp_path, classes=["a"], passes=2, clips=["1.wav"], report=False)
    page = report_page(job)
    assert "these numbers flatter" in page and data_of(page)["browser"]["clips"][0]["role"] == "select"


def test_a_run_that_keeps_no_clips_still_has_its_passes(tmp_path: Path) -> None:
    job = made_job(tmp_path, classes=["a", "b"], passes=2, clips=["1.wav"])
    for path in (tmp_path / RUN / "clips").iterdir():
        path.unlink()
    page = report_page(job)
    assert "id=passes" in page and "id=clips>" not in page and "id=errors" not in page


def test_names_are_text(tmp_path: Path) -> None:
    page = report_page(made_job(tmp_path, classes=[HOSTILE, "b"], passes=2, clips=[f"{HOSTILE}.wav"]))
    assert "<script>alert" not in page and "<img src=x" not in page and "onerror=alert(2)>'" not in page
    data = data_of(page)
    assert data["browser"]["classes"][0] == HOSTILE
    (trace,) = [each for each in data["figures"]["label-positive"]["data"] if "alert(1)" in each["name"]]
    assert "<" not in trace["name"]  # Plotly reads its labels as markup


def test_ten_thousand_clips_are_listed_in_reasonable_size(tmp_path: Path) -> None:
    job = made_job(tmp_path, classes=["a", "b"], passes=1, clips=[f"{i}.wav" for i in range(10_000)])
    report = Report(job)
    rows = report.listing(everything=True)
    assert len(rows) == 20_000 and len(in_script(rows)) < 4e6
    assert len(report.listing(everything=False)) == 4


def test_counts_of_the_clip_list_are_those_of_the_scorer(tmp_path: Path) -> None:
    job = made_job(tmp_path, classes=["a", "b"], passes=2, clips=[f"{i}.wav" for i in range(30)])
    report = Report(job)
    system = report.systems["report"][2]
    from kd.scoring.event_f1 import event_cells

    cells = event_cells(reference=system.reference, predicted=system.events, clips=system.clips, classes=system.classes)
    rows = [each for each in report.listing(everything=True) if each["role"] == "report"]
    for i, row in enumerate(rows):
        hit, near, miss, wrong = row["counts"]["2"]
        assert hit == cells.tp[i].sum() and near + miss == cells.fn[i].sum() and near + wrong == cells.fp[i].sum()


def test_scores_are_drawn_so_that_the_threshold_lies_in_the_middle() -> None:
    scores = np.array([[0.2, 0.9], [0.1, 0.99], [0.3, 0.0]], np.float32)
    drawn = np.frombuffer(base64.b64decode(relative(scores, [0.2, 0.9])), np.uint8).reshape(2, 3)
    assert drawn[0].tolist() == [
        128,
        round(255 / (1 + (0.2 / 0.8) / (0.1 / 0.9))),
        round(255 / (1 + (0.2 / 0.8) / (0.3 / 0.7))),
    ]
    assert drawn[1][0] in (127, 128) and drawn[1][2] == 0


def test_errors_are_counted_by_hand() -> None:
    truth, guess = Event(0.0, 1.0, "a"), Event(0.1, 1.0, "a")
    missed, alarm = Pair(MISS, "a", Event(4.0, 6.0, "a"), None), Pair(FALSE_ALARM, "b", None, Event(4.5, 7.0, "b"))
    found = {"clip": [Pair(HIT, "a", truth, guess), missed, alarm]}
    assert taken_for(missed, [alarm]) == "b"
    assert taken_for(missed, [Pair(FALSE_ALARM, "b", None, Event(5.5, 7.5, "b"))]) == "nothing"
    rows = counts(["a", "b"], found)
    assert "66.67" in rows
    facts = {("clip", truth): {"maker": "x"}, ("clip", missed.reference): {"maker": "y"}}
    assert by_fact(found, facts, lambda each: each.get("maker")) == {"x": (1, 1, 0), "y": (1, 0, 0)}


@pytest.mark.parametrize(
    ("length", "named"), [(0.1, "below 0.25 s"), (0.25, "0.25–0.5 s"), (7.9, "4–8 s"), (30.0, "from 8 s")]
)
def test_lengths_fall_into_bins_closed_below(length: float, named: str) -> None:
    assert span(bin_of(length, LENGTHS), LENGTHS, "s") == named


def test_cells_are_escaped_wherever_they_stand() -> None:
    cell = Cell(HOSTILE, HOSTILE, HOSTILE, 0.5)
    made = table([HOSTILE], [[cell]], caption=HOSTILE)
    assert "<img" not in made and "<script" not in made and "'\"" not in made
