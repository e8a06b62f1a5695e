"""The paper's claim on a corpus: the DCASE 2018 baseline, a mean teacher, the paper's recipe and ours, seed by seed.

Each result is a JSON file in `out=`; what is there is not run again. `tables=ablation` leaves one thing at a time out of ours."""

import sys

from kd.cli import run
from kd.reproduce.settings import ReproduceSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(ReproduceSettings, "kd.reproduce.command:reproduce", name="reproduce", about=__doc__ or "", resumes=True)


if __name__ == "__main__":
    sys.exit(main())
