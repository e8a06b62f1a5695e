"""What work costs this process: seconds, and the most memory that it has held."""

import contextlib
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any


def forget_peak() -> None:
    """From now on `peak_megabytes` tells of what comes, where the system (Linux) can forget what was."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_of(process: int) -> float | None:
    """Peak resident memory of a process in MB of 2**20 bytes; None where it is gone, or the system (Linux) does not say."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return None


def peak_megabytes() -> float:
    """The same of this process, as well as any system can tell."""
    if (known := peak_of(os.getpid())) is not None:
        return known
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024


class StepClock:
    """Seconds and peak memory of steps that come one after the other."""

    def __init__(self) -> None:
        self.steps: dict[str, tuple[float, float]] = {}
        self.begun = time.monotonic()
        forget_peak()

    def done(self, name: str) -> None:
        """A step has ended and the next begins."""
        now = time.monotonic()
        self.steps[name] = (now - self.begun, peak_megabytes())
        self.begun = now
        forget_peak()

    def cost(self) -> dict[str, Any]:
        """`{seconds: {step: s}, megabytes: {step: MB}}`."""
        return {
            "seconds": {name: seconds for name, (seconds, _) in self.steps.items()},
            "megabytes": {name: peak for name, (_, peak) in self.steps.items()},
        }
