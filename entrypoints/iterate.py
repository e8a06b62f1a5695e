"""Iterative knowledge distillation: tagger, passes, champions, merged detector; tracked, registered, resumable.

Run the same command again after any interruption to go on where it stopped."""

import sys

from kd.cli import run
from kd.passes.settings import IterateSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(IterateSettings, "dashboards.job:iterate", name="iterate", about=__doc__ or "", resumes=True)


if __name__ == "__main__":
    sys.exit(main())
