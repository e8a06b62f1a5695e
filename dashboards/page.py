"""A page: sections, their figures, a clip browser, and the scripts that make them move."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from dashboards.markup import Section, in_script, text

SCRIPTS = ("tables.js", "charts.js", "clips.js")
STYLES = ("report.css",)
BROWSER = """
<section id=clips><h2>Clips</h2>
<p class=quiet id=stated></p>
<p class=quiet>A class picks the clips in which it sounds or is found; counts are of all classes. Worst: most near misses,
misses and false alarms.</p>
<div class=controls>
<label>split <select id=pick-role></select></label>
<label>class <select id=pick-class></select></label>
<label>order <select id=pick-order><option value=worst>worst first</option><option value=best>best first</option>
<option value=name>by name</option></select></label>
<label>pass <select id=pick-pass></select></label>
<label>find <input id=pick-name type=search placeholder="part of a name" size=14></label>
</div>
<div class=browser><div class="wide list" tabindex=0 role=region aria-label="List of clips"><table class=clips>
<caption class=hidden>Clips</caption><thead><tr><th scope=col>clip</th><th scope=col class=n title="hits">hit</th>
<th scope=col class=n title="near misses">near</th><th scope=col class=n title="missed events">miss</th>
<th scope=col class=n title="false alarms">false</th></tr></thead><tbody id=clip-rows></tbody></table>
<p id=more class=quiet></p></div>
<div id=clip class=clip aria-live=polite></div></div></section>
"""


@dataclass(frozen=True)
class Page:
    """A page. intro: HTML below the title; data: what the clip browser shows, None: there is none.

    stated: what the browser holds, in words; refresh: seconds after which a served page looks for news, 0: never.
    """

    title: str
    intro: str
    sections: Sequence[Section]
    data: Mapping[str, Any] | None = None
    stated: str = ""
    refresh: int = 0

    def alone(self) -> str:
        """As one file."""
        scripts = f"<script>{plotly()}</script>" if self._figures() else ""
        return self._written(scripts + "".join(f"<script>{static(name)}</script>" for name in SCRIPTS))

    def served(self, at: str) -> str:
        """As a server gives it, scripts apart. at: the address of the scripts' folder."""
        names = (*(("plotly.min.js",) if self._figures() else ()), *SCRIPTS)
        return self._written("".join(f"<script src='{text(at)}/{name}'></script>" for name in names))

    def _figures(self) -> dict[str, Any]:
        return {name: figure for section in self.sections for name, figure in section.figures.items()}

    def _written(self, scripts: str) -> str:
        bodies = [f"<section id={each.key}><h2>{text(each.title)}</h2>{each.body}</section>" for each in self.sections]
        keys = [(each.key, each.title) for each in self.sections]
        if self.data is not None and self.data["clips"]:
            bodies.insert(2, BROWSER)
            keys.insert(2, ("clips", "Clips"))
        links = "".join(f"<a href='#{key}'>{text(title)}</a>" for key, title in keys)
        whole = {"figures": self._figures(), "browser": self.data, "stated": self.stated, "refresh": self.refresh}
        return (
            "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
            "<meta name=viewport content='width=device-width, initial-scale=1'>"
            f"<title>{text(self.title)}</title><link rel=icon href='data:,'>"
            f"<style>{''.join(static(name) for name in STYLES)}</style></head>\n<body>"
            f"<header><h1>{text(self.title)}</h1>{self.intro}<nav aria-label=Sections>{links}</nav></header>\n"
            f"<main>{''.join(bodies)}</main>\n"
            f"<script type='application/json' id=data>{in_script(whole)}</script>{scripts}</body></html>\n"
        )


@cache
def static(name: str) -> str:
    """A script or a style of this package."""
    return (files("dashboards") / "static" / name).read_text("utf-8")


@cache
def plotly() -> str:
    """Plotly's script, from its package."""
    return (files("plotly") / "package_data" / "plotly.min.js").read_text("utf-8")
