"""Parameters of `doctor`."""

from dataclasses import dataclass

from kd.config import option


@dataclass(frozen=True)
class DoctorSettings:
    """Whether what is found is mended."""

    fix: bool = option(
        False,
        help="mend what is safe: end runs whose process is gone, finish alias moves that a crash left, remove half-written "
        "files of processes that are gone",
    )
