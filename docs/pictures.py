"""The README's pictures, taken of a report in headless Chromium: `python docs/pictures.py report.html`.

Needs the extra `browser` and Chromium.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

PLACE = Path(__file__).resolve().parent
WIDTH, WIDE = 1100, 1500  # pixels; the second so that eight passes stand side by side


def main(report: str) -> int:
    """Open the report, take what the README shows."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light", device_scale_factor=1.5)
        page.goto(Path(report).resolve().as_uri())
        page.locator("#clip svg").wait_for()
        taken(page, "#f1-over-passes", "report-f1.png")
        page.evaluate("document.querySelector('#clip audio').currentTime = 3.1")
        page.wait_for_timeout(500)
        taken(page, "#clips .browser", "report-clip.png")
        page.set_viewport_size({"width": WIDE, "height": 900})
        taken(page, "#passes table", "report-passes.png")
        browser.close()
    return 0


def taken(page: Any, which: str, name: str) -> None:
    """A picture of one element, drawn whole."""
    place = page.locator(which).first
    place.scroll_into_view_if_needed()
    page.wait_for_timeout(1200)
    place.screenshot(path=PLACE / name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
