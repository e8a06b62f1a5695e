"""What a check found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "warning", "fault"]


@dataclass(frozen=True)
class Finding:
    """about: what was looked at; state: `fault` where no job would run; says: what is there; hint: what to do about it.

    mend: mends it and says what it did; None where that is not for a program to do.
    """

    about: str
    state: State
    says: str
    hint: str = ""
    mend: Callable[[], str] | None = None
