"""Chromium, started once; tests that need it are skipped where it is absent."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

WORDS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser without a window."""
    program = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    if program is None:
        pytest.skip("Chromium is not installed (Debian's package chromium)")
    api = pytest.importorskip("playwright.sync_api", reason="the extra `browser` is not installed")
    with api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(WORDS))
        yield browser
        browser.close()


class Sheet:
    """A page in the browser, with all that it asked for and complained of."""

    def __init__(self, browser: Any, *, width: int = 1280, dark: bool = False) -> None:
        scheme = "dark" if dark else "light"
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

    def outside(self, own: str) -> list[str]:
        """Requests that went elsewhere."""
        return [url for url in self.asked if not url.startswith((own, "data:", "blob:", "about:"))]

    def walk(self) -> None:
        """Scroll from figure to figure, so that every one that is not folded away is drawn."""
        for chart in self.page.locator(".chart").all():
            if chart.evaluate("each => each.checkVisibility()"):
                chart.scroll_into_view_if_needed()
                chart.locator(".main-svg").first.wait_for()


@pytest.fixture
def sheet(chromium: Any) -> Iterator[Sheet]:
    """A page of 1280 pixels, light."""
    made = Sheet(chromium)
    yield made
    made.context.close()


def serious_faults(browser: Any, address: str, *, width: int, dark: bool) -> list[Any]:
    """What axe finds serious or critical on a page with everything opened; a page wider than its window counts as well."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the extra `browser` is not installed")
    sheet = Sheet(browser, width=width, dark=dark)
    sheet.page.goto(address)
    sheet.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    sheet.walk()
    found = axe.Axe().run(sheet.page).response["violations"]
    faults = [
        (each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in ("serious", "critical")
    ]
    wide = sheet.page.evaluate("document.documentElement.scrollWidth")
    sheet.context.close()
    return faults + ([("width", wide)] if wide != width else [])
