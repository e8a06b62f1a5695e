"""The command `check_data`: describe a corpus before training with it."""

import sys
from dataclasses import dataclass
from functools import partial
from typing import Literal, cast

from kd.config import home, option
from kd.corpus.checks import check
from kd.corpus.locate import locate
from kd.corpus.roles import Roles
from kd.progress import Progress


@dataclass(frozen=True)
class CheckDataSettings:
    """The parameters of `check_data`."""

    data: str = option("demo", help="the corpus folder; demo is a generated one")
    weak: str = option("train/weak", help="the weakly labelled split")
    in_domain: str = option("train/unlabel_in_domain", help="the unlabelled in-domain split; empty: none")
    out_of_domain: str = option("train/unlabel_out_of_domain", help="the unlabelled out-of-domain split; empty: none")
    strong: str = option("", help="the strongly labelled training split; empty: none")
    select_on: str = option("validation/validation", help="the split that chooses models and thresholds")
    report_on: str = option("test/test", help="the split that is only reported; empty: none")
    classes: str = option("", help="the classes to keep, separated by commas; empty: those of the training tables")
    missing: str = option("error", help="what a listed clip without audio is", choices=("error", "skip"))


def check_data(settings: CheckDataSettings) -> int:
    """Write the report to standard output; 2 where something spoils training, else 0."""
    roles = Roles(
        weak=settings.weak,
        in_domain=settings.in_domain,
        out_of_domain=settings.out_of_domain,
        strong=settings.strong,
        select_on=settings.select_on,
        report_on=settings.report_on,
    )
    making = partial(Progress(passes=0, batch=0).count, "making the demo corpus")
    root = locate(settings.data, home=home(), progress=making)
    report = check(
        root,
        roles=roles,
        classes=class_list(settings.classes),
        missing=cast(Literal["error", "skip"], settings.missing),
    )
    sys.stdout.write(report.text)
    sys.stdout.flush()
    if not report.spoils:
        return 0
    more = f" (and {len(report.spoils) - 1} more, listed above)" if len(report.spoils) > 1 else ""
    sys.stderr.write(f"error: {report.spoils[0]}{more}\nhint: mend what the report lists under what spoils training\n")
    return 2


def class_list(text: str) -> tuple[str, ...]:
    """The names in a comma-separated parameter; none for an empty one."""
    return tuple(name.strip() for name in text.split(",")) if text.strip() else ()
