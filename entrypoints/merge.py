"""Merge the champions of a registered model: their scores on the scored splits, and one detector, registered."""

import sys

from kd.cli import run
from kd.passes.settings import MergeSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(MergeSettings, "kd.passes.single:merge", name="merge", about=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
