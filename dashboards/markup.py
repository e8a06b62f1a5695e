"""HTML pieces of which pages are made. Every text is escaped here, and only here."""

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Figure = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """A part of a page. key: its place in the address; body: HTML; figures: by the name that `chart` was given."""

    key: str
    title: str
    body: str
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table. text: shown; sort: what it is sorted by, None: the text; note: shown when pointed at.

    shade: 0 to 1, how strongly it is coloured, None: not.
    """

    text: str
    sort: float | str | None = None
    note: str = ""
    shade: float | None = None


def text(value: object) -> str:
    """Text as it is, whatever it holds."""
    return html.escape(str(value))


def number(value: float | None, *, digits: int = 2, scale: float = 1.0) -> Cell:
    """A number; a dash where undefined, sorted below all others."""
    if value is None:
        return Cell("–", float("-inf"))
    return Cell(f"{scale * value:.{digits}f}", value)


def percent(value: float | None) -> Cell:
    """A fraction in per cent."""
    return number(value, scale=100)


def table(head: Sequence[str], rows: Sequence[Sequence[Cell | str]], *, caption: str, left: int = 1) -> str:
    """A table that can be sorted by any column. The first cell names its row; left: columns of words."""
    cells = "".join(
        f"<th scope=col{'' if i < left else ' class=n'}><button type=button>{text(name)}</button></th>"
        for i, name in enumerate(head)
    )
    body = "".join(f"<tr>{''.join(_cell(cell, i, left) for i, cell in enumerate(row))}</tr>\n" for row in rows)
    return (
        f"<div class=wide tabindex=0 role=region aria-label='{text(caption)}'><table class=sortable>"
        f"<caption>{text(caption)}</caption><thead><tr>{cells}</tr></thead><tbody>\n{body}</tbody></table></div>"
    )


def _cell(cell: Cell | str, column: int, left: int) -> str:
    if isinstance(cell, str):
        cell = Cell(cell)
    words = [] if column < left else ["class=n"]
    if cell.sort is not None:
        words.append(f"data-sort='{text(cell.sort)}'")
    if cell.note:
        words.append(f"title='{text(cell.note)}'")
    if cell.shade is not None:
        words.append(f"style='--shade:{100 * cell.shade:.0f}%'")
        words.append("data-shaded")
    inner = text(cell.text)
    if column == 0:
        return f"<th scope=row {' '.join(words)}>{inner}</th>"
    return f"<td {' '.join(words)}>{inner}</td>"


def chart(name: str, *, label: str, height: int = 320, note: str = "", least: int = 0) -> str:
    """The place of a figure. label: what it shows, for those who do not see it; least: pixels below which it is scrolled."""
    caption = f"<figcaption>{text(note)}</figcaption>" if note else ""
    width = f";min-width:{least}px" if least else ""
    inner = (
        f"<div class=chart id='{text(name)}' role=group aria-label='{text(label)}' data-height={height} "
        f"style='height:{height}px{width}'></div>"
    )
    if least:
        inner = f"<div class=wide tabindex=0 role=region aria-label='{text(label)}'>{inner}</div>"
    return f"<figure>{inner}{caption}</figure>"


def quiet(words: str) -> str:
    """A paragraph of explanation."""
    return f"<p class=quiet>{text(words)}</p>"


def pairs(rows: Sequence[tuple[str, str]]) -> str:
    """Names and what they are, as a list."""
    return "<dl>" + "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in rows) + "</dl>"


def folded(title: str, body: str) -> str:
    """Something that is opened when it is wanted."""
    return f"<details><summary>{text(title)}</summary>{body}</details>"


def in_script(value: Any) -> str:
    """JSON that can stand inside a script element, whatever texts it holds."""
    written = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        written = written.replace(letter, f"\\u{ord(letter):04x}")
    return written
