"""The state of one iterate job, kept so that a crash loses nothing."""

import json
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kd.files import atomic_write_text


@dataclass
class Job:
    """A job's identity and what it has finished.

    iterate_id: names the job, through every resume; salt: sets the steps of a `fresh` job apart;
    parent: its run; seconds: time spent in earlier processes; overrides: class to the version a person put its
    alias on since the last finished pass; tagger, passes: finished records as in `results.json`; result: all of it.
    """

    path: Path
    iterate_id: str
    salt: str = ""
    parent: str = ""
    seconds: float = 0.0
    clip_steps: int = 0
    overrides: dict[str, int] = field(default_factory=dict)
    tagger: dict[str, Any] | None = None
    passes: list[dict[str, Any]] = field(default_factory=list)
    result: dict[str, Any] | None = None
    started: float = field(default_factory=time.monotonic)

    def save(self) -> None:
        """Write the state."""
        now = time.monotonic()
        self.seconds, self.started = self.seconds + now - self.started, now
        state = {key: value for key, value in vars(self).items() if key not in ("path", "started")}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write_text(self.path, json.dumps(state, indent=1))


def open_job(path: Path, *, fresh: bool) -> Job:
    """The job kept at `path`, or a new one; with `fresh`, a new one that shares no step with any other."""
    if path.exists() and not fresh:
        state = json.loads(path.read_text())
        return Job(path=path, **state)
    identity = uuid.uuid4().hex
    job = Job(path=path, iterate_id=identity, salt=identity if fresh else "")
    job.save()
    return job
