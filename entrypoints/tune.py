"""Search, on the champions that the registry names: label settings, their schedule, or the settings of a training.

A study that was interrupted goes on; several processes with the same parameters share it."""

import sys

from kd.cli import run
from kd.passes.settings import TuneSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(TuneSettings, "kd.passes.tuning:tune", name="tune", about=__doc__ or "", resumes=True)


if __name__ == "__main__":
    sys.exit(main())
