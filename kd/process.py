"""Which process this is, said so that another can tell whether it is still there."""

import contextlib
import os
import platform
from pathlib import Path


def this_process() -> str:
    """`machine:pid:start`, start being what the system counts since its boot; empty where it does not say."""
    return f"{platform.node()}:{os.getpid()}:{_start(os.getpid())}"


def gone(process: str) -> bool:
    """Whether what `this_process` named is known to have ended: it was on this machine, and is not there any more."""
    machine, number, start = [*process.rsplit(":", 2), "", ""][:3]
    if machine != platform.node() or not number.isdecimal():
        return False
    now = _start(int(number))
    return not alive(int(number)) or bool(start and now and now != start)


def alive(process: int) -> bool:
    """Whether there is a process of this number on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _start(process: int) -> str:
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    return ""
