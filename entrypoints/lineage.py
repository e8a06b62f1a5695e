"""Show what made a registered model: its champions, their teachers, back to the tagger and the weak labels.

Prints a tree, and the corpus, features, code and runs behind it; writes a page with a drawing, or JSON."""

import sys

from kd.cli import run
from kd.lineage.settings import LineageSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(LineageSettings, "kd.lineage.command:lineage", name="lineage", about=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
