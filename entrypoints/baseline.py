"""The baseline of DCASE 2018 task 4, trained on a corpus by the letter and scored beside it, with thresholds tuned as ours too.

A recurrent CNN of 126090 parameters learns tags from the weak clips, tags the in-domain clips, and a second one learns these
tags in every frame."""

import sys

from kd.baseline.settings import BaselineSettings
from kd.cli import run


def main() -> int:
    """Parse, work, exit code."""
    return run(BaselineSettings, "kd.baseline.command:baseline", name="baseline", about=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
