"""The report in a browser: drawn, sorted, played, without a request, for everyone."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboards.comparing import Side, comparison_page
from dashboards.report import report_page
from dashboards.systems import merged_systems
from tests.conftest import Place
from tests.dashboards.made import made_job
from tests.forks import Forks
from tests.sheets import Sheet, serious_faults


@pytest.fixture(scope="module")
def report(finished: tuple[Place, str], tmp_path_factory: pytest.TempPathFactory, forks: Forks) -> Path:
    """The report of a finished job, as its entry point builds it again."""
    out = tmp_path_factory.mktemp("report") / "report.html"
    done = replace(finished[0], forks=forks).ask("report", out=out)
    assert done.returncode == 0, done.stderr
    return out


def test_a_job_logs_its_report_and_says_where(finished: tuple[Place, str], report: Path) -> None:
    (said,) = re.findall(r"^report: (.+)$", finished[1], re.MULTILINE)
    assert Path(said).name == "report.html" and Path(said).stat().st_size > 5e6
    assert Path(said).read_text("utf-8") == report.read_text("utf-8")


def test_the_report_is_drawn_without_a_request(sheet: Sheet, report: Path) -> None:
    sheet.page.goto(report.as_uri())
    sheet.walk()
    assert not sheet.complaints and not sheet.outside(report.as_uri())
    assert sheet.page.locator(".card").count() == 3
    assert sheet.page.locator("section").count() >= 9
    assert sheet.page.evaluate("document.documentElement.scrollWidth") == 1280


def test_tables_are_sorted_by_their_headings(sheet: Sheet, report: Path) -> None:
    sheet.page.goto(report.as_uri())
    table = sheet.page.locator("#passes table")
    head = table.locator("thead button").last
    head.focus()
    sheet.page.keyboard.press("Enter")
    cells = (
        "[...document.querySelectorAll('#passes tbody tr')].map(r => Number(r.cells[r.cells.length - 1].dataset.sort))"
    )
    falling = sheet.page.evaluate(cells)
    assert falling == sorted(falling, reverse=True)
    head.click()
    assert sheet.page.evaluate(cells) == falling[::-1] or sheet.page.evaluate(cells) == sorted(falling)
    assert table.locator("th[aria-sort=ascending]").count() == 1


def test_a_clip_is_picked_played_and_seen_in_another_pass(sheet: Sheet, report: Path) -> None:
    page = sheet.page
    page.goto(report.as_uri())
    page.locator("#clip svg").wait_for()
    worst = page.locator("#clip h3").inner_text()
    last = page.locator("#clip-rows button").last
    name = last.inner_text()
    last.click()
    assert page.locator("#clip h3").inner_text() == name and (
        name != worst or page.locator("#clip-rows tr").count() == 1
    )
    page.evaluate("document.querySelector('#clip audio').play()")
    page.wait_for_function("document.querySelector('#clip audio').currentTime > 0.3")
    page.wait_for_function("Number(document.querySelector('#clip .cursor').getAttribute('x1')) > 135")
    page.evaluate("document.querySelector('#clip audio').pause()")
    lines = "[...document.querySelectorAll('#clip .smooth')].map(l => l.getAttribute('points')).join()"
    before = page.evaluate(lines)
    page.select_option("#pick-pass", "1")
    assert page.locator("#clip h3").inner_text() == name
    page.get_by_label("all classes").check()
    page.select_option("#pick-pass", "2")
    assert page.get_by_label("all classes").is_checked()
    assert page.evaluate("document.querySelector('#clip audio').currentTime") > 0.3
    page.select_option("#pick-pass", "1")
    assert page.locator("#clip .smooth").count() == 10 and page.evaluate(lines) != before
    picture = page.locator("#clip svg image")
    picture.click(position={"x": picture.bounding_box()["width"] / 2, "y": 10})
    page.wait_for_function("Math.abs(document.querySelector('#clip audio').currentTime - 5) < 0.2")
    assert not sheet.complaints


def test_clips_are_found_by_split_class_and_name(sheet: Sheet, report: Path) -> None:
    page = sheet.page
    page.goto(report.as_uri())
    page.select_option("#pick-role", "select")
    names = page.locator("#clip-rows button").all_inner_texts()
    assert len(names) == 10  # all of the corpus's selection split
    page.fill("#pick-name", names[0])
    assert page.locator("#clip-rows button").all_inner_texts() == [names[0]]
    page.fill("#pick-name", "no such clip")
    assert page.locator("#more").inner_text() == "no such clip"
    page.fill("#pick-name", "")
    data = json.loads(page.locator("#data").text_content())
    label = data["browser"]["classes"][0]
    page.select_option("#pick-class", label)
    held = {each["name"] for each in data["browser"]["clips"] if each["role"] == "select" and label in each["classes"]}
    assert set(page.locator("#clip-rows button").all_inner_texts()) == held


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_axe_finds_no_serious_fault(chromium: Any, report: Path, width: int, dark: bool) -> None:
    assert not serious_faults(chromium, report.as_uri(), width=width, dark=dark)


def test_hostile_names_are_shown_as_text(sheet: Sheet, tmp_path: Path) -> None:
    name = "<img src=x onerror=document.title='taken'><script>document.title='taken'</script>"
    job = made_job(tmp_path, classes=[name, "b"], passes=2, clips=[f"{name}.wav", "other.wav"])
    path = tmp_path / "page.html"
    path.write_text(report_page(job), "utf-8")
    sheet.page.goto(path.as_uri())
    sheet.walk()
    assert "taken" not in sheet.page.title() and not sheet.complaints and not sheet.outside(path.as_uri())
    assert sheet.page.locator("img[src=x]").count() == 0
    assert f"{name}.wav" in sheet.page.locator("#clip-rows").inner_text()
    assert name in sheet.page.locator("#passes table").inner_text()


def test_fifty_classes_and_twenty_passes(sheet: Sheet, tmp_path: Path) -> None:
    names = [f"class number {i}" for i in range(50)]
    path = tmp_path / "page.html"
    path.write_text(report_page(made_job(tmp_path, classes=names, passes=20, clips=["a.wav", "b.wav"])), "utf-8")
    sheet.page.goto(path.as_uri())
    sheet.walk()
    assert not sheet.complaints and sheet.page.evaluate("document.documentElement.scrollWidth") == 1280


def test_jobs_side_by_side(sheet: Sheet, tmp_path: Path) -> None:
    job = made_job(tmp_path / "runs", classes=["<i>a</i>", "b"], passes=2, clips=[f"{i}.wav" for i in range(20)])
    systems = merged_systems(job, "report")
    sides = [Side(f"{i}" * 32, f"<b>job {i}</b>", {"steps": f"{i}"}, systems[i]) for i in (1, 2)]
    path = tmp_path / "page.html"
    path.write_text(comparison_page(sides, resamples=100).alone(), "utf-8")
    sheet.page.goto(path.as_uri())
    sheet.walk()
    assert not sheet.complaints and not sheet.outside(path.as_uri())
    sheet.page.locator("#classes thead button").last.click()
    assert sheet.page.locator("#classes th[aria-sort=descending]").count() == 1
    assert "<i>a</i>" in sheet.page.locator("#differences").inner_text()
    assert "<b>job 2</b>" in sheet.page.locator("h1").inner_text()
