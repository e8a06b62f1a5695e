"""What a scene job keeps in the tracking store, read back."""

import json
from dataclasses import dataclass
from typing import Any

from dashboards.kept import study_in
from kd.errors import UserError
from kd.tracking.runs import Runs

KINDS = ("scenes_teacher_student", "scenes_specialists")


@dataclass(frozen=True)
class SceneRecord:
    """A scene job's run. tags, params: as the store has them; result: `results.json`; study: None where nothing was tuned."""

    run: str
    tags: dict[str, str]
    params: dict[str, str]
    result: dict[str, Any]
    study: dict[str, Any] | None

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes."""
        return tuple(self.result["classes"])

    @property
    def part(self) -> str:
        """The part whose numbers lead: the reported one, where there is one."""
        return "report" if "report" in self.result["clips"] else "select"

    def system(self, side: str) -> dict[str, Any]:
        """What stands before or after."""
        found: dict[str, Any] = self.result["systems"][self.result["confusions"][side]]
        return found


def scene_record(runs: Runs, run: str, tags: dict[str, str]) -> SceneRecord:
    """A scene run's record. Raises UserError for one that has no result yet."""
    path = runs.kept(run, "results.json")
    if path is None:
        raise UserError(f"run {run} has no result yet", "wait for its end, or name another run")
    folder = runs.kept(run, "study")
    study = None if folder is None else study_in(folder)
    return SceneRecord(run, tags, runs.params_of(run), json.loads(path.read_text("utf-8")), study)
