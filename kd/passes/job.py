"""The state of one iterate job, kept so that a crash loses nothing."""

import contextlib
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from kd.config import home
from kd.files import atomic_write_text, read_json
from kd.lock import locked
from kd.tracking.registry import check_name
from kd.tracking.store import tracking_uri

ASIDE = frozenset(
    ("fresh", "data", "threads", "workers", "sample", "engine", "address", "gpus_per_candidate")
)  # they change no result


@dataclass
class Job:
    """A job's identity and what it has finished.

    iterate_id: names the job, through every resume; salt: sets the steps of a `fresh` job apart;
    parent: its run; seconds: time spent in earlier processes; clip_steps: clips that
    training steps took; tagger, passes: finished records as in `results.json`; result: all of it, once finished.
    """

    path: Path
    iterate_id: str
    salt: str = ""
    parent: str = ""
    seconds: float = 0.0
    clip_steps: int = 0
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


def write_result(job: Job) -> Path:
    """Write the result of a finished job as `results-<id>.json` beside its state; where."""
    assert job.result is not None
    written = job.path.with_name(f"results-{job.iterate_id}.json")
    atomic_write_text(written, json.dumps(job.result, indent=1, allow_nan=False))
    return written


def state_folder(model: str) -> Path:
    """Steps, jobs and locks of one registered model on one tracking store."""
    place = sha256(f"{tracking_uri()}\n{model}".encode()).hexdigest()[:16]
    return home() / "jobs" / place


def keyed_path(model: str, about: Mapping[str, Any]) -> Path:
    """Where the state of a job is kept that `about` tells from all others of its model; JSON-able."""
    key = sha256(json.dumps(dict(about), sort_keys=True).encode()).hexdigest()[:24]
    return state_folder(model) / f"job-{key}.json"


@contextlib.contextmanager
def model_locked(model: str) -> Iterator[None]:
    """Be the only one on this machine who works on a registered model and its aliases. Raises UserError where another does."""
    check_name(model)
    with locked(state_folder(model) / "lock", what=f"another job works on model {model!r}"):
        yield


def finished_runs(model: str) -> set[str]:
    """Runs of jobs on a model that have their result."""
    found = set()
    for path in state_folder(model).glob("job-*.json"):
        try:
            state = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(state, dict) and state.get("result"):
            found.add(str(state.get("parent", "")))
    return found


def open_job(path: Path, *, fresh: bool) -> Job:
    """The job kept at `path`, or a new one; with `fresh`, a new one that shares no step with any other.

    The new one is written by its first `save`.
    """
    if path.exists() and not fresh:
        return Job(path=path, **read_json(path, hint="remove it to start the job anew; finished steps are kept"))
    identity = uuid.uuid4().hex
    return Job(path=path, iterate_id=identity, salt=identity if fresh else "")
