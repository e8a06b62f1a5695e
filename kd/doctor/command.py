"""`doctor`: look at everything, mend what is safe, say what is not."""

from collections.abc import Iterator

from kd.config import home, say
from kd.doctor.environment import environment
from kd.doctor.finding import Finding
from kd.doctor.leftovers import files, state_files
from kd.doctor.settings import DoctorSettings
from kd.doctor.stores import stores
from kd.errors import UserError
from kd.text import printable


def doctor(settings: DoctorSettings) -> int:
    """Print what was found; returns the exit code. Raises UserError where something would stop a job."""
    faults = []
    for each in findings():
        say(f"{each.state:<8} {each.about}: {printable(each.says)}")
        if each.hint and not (settings.fix and each.mend):
            say(f"{'':<8} {printable(each.hint)}")
        if each.mend is not None:
            say(f"{'':<8} mended: {each.mend()}" if settings.fix else f"{'':<8} fix=true mends it")
        if each.state == "fault":
            faults.append(each.about)
    if faults:
        raise UserError(f"{len(faults)} of these would stop a job: {', '.join(faults)}", "see what is said beside each")
    say("nothing stands in the way of a job")
    return 0


def findings() -> Iterator[Finding]:
    """Everything that is looked at, one after the other."""
    yield from environment()
    yield files(home())
    yield state_files()
    yield from stores()
