"""Copy stores, studies, artifacts, steps and features into a folder, while jobs work.

`restore` makes of it what jobs go on from, here or on another machine."""

import sys

from kd.backup.settings import BackupSettings
from kd.cli import run


def main() -> int:
    """Parse, work, exit code."""
    return run(BackupSettings, "kd.backup.command:backup", name="backup", about=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
