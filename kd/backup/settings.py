"""Parameters of `backup` and `restore`."""

from dataclasses import dataclass

from kd.config import option


@dataclass(frozen=True)
class BackupSettings:
    """Where the copy goes."""

    to: str = option("", help="folder of the copy; absent or empty")


@dataclass(frozen=True)
class RestoreSettings:
    """Which copy is taken. Where it goes is what MLFLOW_TRACKING_URI, KD_OPTUNA_URI and KD_HOME say."""

    backup: str = option("", help="folder that `backup` wrote")
