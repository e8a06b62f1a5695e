"""`docs/deviations.md` from the paragraphs of docstrings that begin with `Deviation:`: `python docs/deviations.py`."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "deviations.md"
MARK = "Deviation:"
PAPERS = {
    "S1": "Koutini, Eghbal-zadeh and Widmer 2018",
    "S2": "Mishima et al. (NEC) 2019",
    "S3": "Jung et al. 2019",
    "S4": "Fu et al. 2019",
    "S5": "Heo et al. 2019",
}
HEAD = """# Where this differs from its sources, and why

Made of the docstrings by `docs/deviations.py`. {papers}.
What a source is silent about, and is ours, is said at each parameter (`--help`).
"""


def main() -> int:
    """Write the page."""
    PAGE.write_text(page())
    return 0


def page() -> str:
    """The page, package by package."""
    papers = "; ".join(f"{short}: {name}" for short, name in PAPERS.items())
    parts, package = [HEAD.format(papers=papers)], ""
    for path in sorted((ROOT / "kd").rglob("*.py")):
        for owner, said in deviations(path.read_text("utf-8")):
            place = path.relative_to(ROOT)
            if package != str(place.parent):
                package = str(place.parent)
                parts.append(f"## {package}\n")
            parts.append(f"- `{place.stem}{owner}`: {said}\n")
    return "\n".join(parts)


def deviations(source: str) -> Iterator[tuple[str, str]]:
    """Who says it, empty for the module, and what, of every `Deviation:` of a file's docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            text = ast.get_docstring(node) or ""
            for paragraph in re.split(r"\n\s*\n", text):
                _, mark, said = paragraph.partition(MARK)
                if mark:
                    owner = "" if isinstance(node, ast.Module) else f".{node.name}"
                    line = re.sub(r"\s+", " ", said).strip()
                    yield owner, line.rstrip("):") if line.count(")") > line.count("(") else line


if __name__ == "__main__":
    sys.exit(main())
