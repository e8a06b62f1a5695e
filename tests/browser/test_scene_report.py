"""The page of a scene job in a browser."""

from pathlib import Path
from typing import Any

import pytest

from dashboards.scenes.report import scene_page
from tests.dashboards.made_scenes import made_scenes
from tests.sheets import Sheet, serious_faults

TEN = [
    "airport",
    "bus",
    "metro",
    "metro_station",
    "park",
    "public_square",
    "shopping_mall",
    "street",
    "traffic",
    "tram",
]


def test_it_is_drawn_without_a_request(sheet: Sheet, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(scene_page(made_scenes(TEN)), "utf-8")
    sheet.page.goto(path.as_uri())
    sheet.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    sheet.walk()
    assert not sheet.complaints and not sheet.outside(path.as_uri())
    assert sheet.page.locator(".card").count() == 3 and sheet.page.locator(".heatmaplayer").count() == 2
    assert sheet.page.locator("#tables table").count() == 3
    sheet.page.locator("#networks thead button").nth(3).click()
    assert sheet.page.locator("#networks th[aria-sort=ascending], #networks th[aria-sort=descending]").count() == 1


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_axe_finds_no_serious_fault(chromium: Any, tmp_path: Path, width: int, dark: bool) -> None:
    path = tmp_path / "page.html"
    path.write_text(scene_page(made_scenes(TEN)), "utf-8")
    assert not serious_faults(chromium, path.as_uri(), width=width, dark=dark)


def test_hostile_names_are_shown_as_text(sheet: Sheet, tmp_path: Path) -> None:
    name = "<img src=x onerror=document.title='taken'><b>bold</b>"
    path = tmp_path / "page.html"
    path.write_text(scene_page(made_scenes([name, "b", "c"])), "utf-8")
    sheet.page.goto(path.as_uri())
    sheet.walk()
    assert "taken" not in sheet.page.title() and not sheet.complaints and not sheet.outside(path.as_uri())
    assert sheet.page.locator("img[src=x]").count() == 0 and name in sheet.page.locator("#classes table").inner_text()
