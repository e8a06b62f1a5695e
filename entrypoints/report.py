"""Build the report of an iterate run again, or a page that puts runs side by side.

The page needs nothing else: it opens offline, and in the MLflow UI."""

import sys

from dashboards.settings import ReportSettings
from kd.cli import run


def main() -> int:
    """Parse, work, exit code."""
    return run(ReportSettings, "dashboards.command:report", name="report", about=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
