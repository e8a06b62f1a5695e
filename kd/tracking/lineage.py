"""What the store knows of a version and of the runs behind it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kd.errors import UserError
from kd.tracking.registry import Registry, Version, newest_of_run
from kd.tracking.runs import Runs, is_run_id

Key = tuple[str, int]  # a registered model's name and a version's number


@dataclass(frozen=True)
class Found:
    """A version, with tags too long for the registry among its own, and the parameters its run logged."""

    version: Version
    params: Mapping[str, str] = field(default_factory=dict)


def found(runs: Runs, key: Key) -> Found | None:
    """A version and what its run says; None where the registry no longer has it."""
    version = _version(Registry(runs.client, key[0]), key[1])
    if version is None:
        return None
    if not version.run_id or runs.tags_of(version.run_id) is None:
        return Found(version)
    tags = {**version.tags, **_long_tags(runs, version)}
    return Found(Version(version.name, version.number, version.run_id, tags), runs.params_of(version.run_id))


def version_of_run(runs: Runs, run: str) -> Version:
    """The version that a run stands for; of a job, that of its last pass or network, or of the student it proposes.

    Raises UserError where there is no such run, the job is not finished, or the run registered none.
    """
    tags = runs.tags_of(run)
    if tags is None:
        raise UserError(f"there is no run {run} in the tracking store", "check the id and MLFLOW_TRACKING_URI")
    if tags.get("kd.kind") in ("iterate", "class_frame", "compress") or "kd.result_of" in tags:
        result = json.loads(runs.download(run, "results.json").read_text())
        proposed = [each for each in result.get("students", ()) if each["name"] == result["proposed"]]
        parts = result.get("passes") or result.get("networks") or proposed
        run = str(parts[-1]["run_id"]) if parts else run
    return newest_of_run(runs.client, run)


JOBS = (
    "iterate",
    "class_frame",
    "compress",
    "scenes_teacher_student",
    "scenes_specialists",
)  # kinds of runs at the top of a job


def job_run(runs: Runs, job: str) -> tuple[str, dict[str, str]]:
    """The run at the top of a job and the parameters logged there; empty where the store no longer has it."""
    if is_run_id(job):
        for run in runs.find({"kd.iterate_id": job}):
            tags = run.data.tags
            if tags.get("kd.kind") in JOBS and "kd.resumed_by" not in tags:
                return str(run.info.run_id), dict(run.data.params)
    return "", {}


def _version(registry: Registry, number: int) -> Version | None:
    from mlflow.exceptions import MlflowException

    try:
        return registry.version(number)
    except UserError as error:
        cause = error.__cause__
        if isinstance(cause, MlflowException) and cause.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise


def _long_tags(runs: Runs, version: Version) -> dict[str, str]:
    name = version.tags.get("kd.origin")
    if not name:
        return {}
    try:
        kept: Any = json.loads(runs.download(version.run_id, name).read_text())
    except (UserError, ValueError):
        return {}
    return {str(key): str(value) for key, value in kept.items()} if isinstance(kept, dict) else {}
