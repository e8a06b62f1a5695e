"""Look at environment, disk, stores and what crashed jobs left; fix=true mends what is safe.

Exit code 2 where something found would stop a job."""

import sys

from kd.cli import run
from kd.doctor.settings import DoctorSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(DoctorSettings, "kd.doctor.command:doctor", name="doctor", about=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
