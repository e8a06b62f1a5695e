"""A student once it is there."""

from dataclasses import dataclass
from pathlib import Path

from kd.compress.device import OnDevice
from kd.compress.plan import Student
from kd.models.config import ModelConfig
from kd.passes.judging import Verdict
from kd.passes.recording import Recorded


@dataclass(frozen=True, eq=False)
class Made:
    """A student, trained, recorded, and as it is on a device; in_int8: its scores there."""

    student: Student
    config: ModelConfig
    recorded: Recorded
    network: Path
    device: OnDevice
    in_int8: Verdict
