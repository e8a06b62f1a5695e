"""Serve the reports of all jobs of a store, also of jobs at work, with every clip of their corpus. Read-only."""

import sys

from dashboards.settings import DashboardSettings
from kd.cli import run


def main() -> int:
    """Parse, work, exit code."""
    return run(DashboardSettings, "dashboards.server:dashboard", name="dashboard", about=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
