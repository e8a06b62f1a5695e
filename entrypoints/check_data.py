"""Describe a corpus split by split, and say what would spoil a training."""

import sys

from kd.cli import run
from kd.corpus.check_command import CheckDataSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(CheckDataSettings, "kd.scenes.check_command:check_data", name="check_data", about=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
