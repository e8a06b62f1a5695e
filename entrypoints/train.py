"""Train one network on one label source, track and register it."""

import sys

from kd.cli import run
from kd.passes.settings import TrainSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(TrainSettings, "kd.passes.single:train", name="train", about=__doc__ or "", resumes=True)


if __name__ == "__main__":
    sys.exit(main())
