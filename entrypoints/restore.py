"""Put a copy that `backup` made where MLFLOW_TRACKING_URI, KD_OPTUNA_URI and KD_HOME say.

Every file is checked before, every row after. Nothing that is there is written over."""

import sys

from kd.backup.settings import RestoreSettings
from kd.cli import run


def main() -> int:
    """Parse, work, exit code."""
    return run(RestoreSettings, "kd.backup.restoring:restore", name="restore", about=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
