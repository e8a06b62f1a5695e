"""Acoustic scenes, Jung 2019: a generalist, specialists of the pairs that it confuses, and a student of them all.

Run the same command again after any interruption to go on where it stopped."""

import sys

from kd.cli import run
from kd.scenes.settings import SpecialistsSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(
        SpecialistsSettings,
        "dashboards.scenes.job:specialists",
        name="scenes_specialists",
        about=__doc__ or "",
        resumes=True,
    )


if __name__ == "__main__":
    sys.exit(main())
