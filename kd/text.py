"""Tables for people."""

import re
import unicodedata
from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], *, left: int = 1, rule: bool = False) -> str:
    """Rows of cells in columns two spaces apart: the first `left` to the left, the rest right; rule: under the first row."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(w) if i < left else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    below = ["  ".join("-" * width for width in widths)] if rule else []
    return "\n".join(line.rstrip() for line in [lines[0], *below, *lines[1:]])


def literal(text: str) -> str:
    """Text that the plotting library will not read as a formula."""
    return text.replace("$", r"\$")


def broken(text: str) -> bool:
    """Whether a text holds control characters, or bytes that are not UTF-8: what no table and no terminal takes."""
    return any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text)


def printable(text: str) -> str:
    """The same with such characters escaped, line ends and tabs too."""
    return "".join(ascii(letter)[1:-1] if broken(letter) else letter for letter in text)


def masked(text: str) -> str:
    """A text with no password in any address that it holds."""
    return re.sub(r"(://[^:/@\s]*):[^@\s]*@", r"\1:***@", text)
