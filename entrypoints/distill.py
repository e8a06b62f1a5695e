"""Train one student on one set of pseudo-labels, track and register it."""

import sys

from kd.cli import run
from kd.passes.settings import DistillSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(DistillSettings, "kd.passes.single:distill", name="distill", about=__doc__ or "", resumes=True)


if __name__ == "__main__":
    sys.exit(main())
