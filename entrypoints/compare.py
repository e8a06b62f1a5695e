"""Compare two systems on the same clips: tables of events, folders of scores, registered models or runs.

Prints the paired difference, b minus a, of every score with its 95 % interval."""

import sys

from kd.cli import run
from kd.passes.scoring_settings import CompareSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(CompareSettings, "kd.passes.comparison:compare", name="compare", about=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
