"""The command `check_data`: describe a corpus before training with it."""

import sys
from dataclasses import dataclass
from functools import partial

from kd.config import home
from kd.corpus.checks import Report, check
from kd.corpus.locate import locate
from kd.corpus.settings import SplitSettings
from kd.progress import Progress


@dataclass(frozen=True)
class CheckDataSettings(SplitSettings):
    """Parameters of `check_data`."""


def check_data(settings: CheckDataSettings) -> int:
    """Write the report to standard output; 2 where something spoils training, else 0."""
    roles, classes = settings.roles(), settings.class_list()
    making = partial(Progress(passes=0, batch=0).count, "making the demo corpus")
    root = locate(settings.data, home=home(), progress=making)
    return shown(check(root, roles=roles, classes=classes, missing=settings.if_missing()))


def shown(report: Report) -> int:
    """Write a report; the exit code."""
    sys.stdout.write(report.text)
    sys.stdout.flush()
    if not report.spoils:
        return 0
    more = f" (and {len(report.spoils) - 1} more, listed above)" if len(report.spoils) > 1 else ""
    sys.stderr.write(f"error: {report.spoils[0]}{more}\nhint: mend what the report lists under what spoils training\n")
    return 2
