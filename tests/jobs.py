"""A small job: its parameters, and what is read of it afterwards."""

import json
from typing import Any

from tests.conftest import Place

QUICK = {
    "passes": 2,
    "steps": 12,
    "batch": 4,
    "smoothings": "median,median+gaussian",
    "threads": 1,
    "trials": 5,
    "student_trials": 3,
}

TAGS = """
import json, mlflow
client = mlflow.MlflowClient()
versions = client.search_model_versions("name='kd-sed'", max_results=1000)
runs = client.search_runs(["0"], max_results=1000)
commit = "mlflow.source.git.commit"
print(json.dumps({
    "versions": {v.version: {"run": v.run_id, **v.tags} for v in versions},
    "commits": {r.info.run_name: r.data.tags.get(commit) for r in runs if "mlflow.parentRunId" not in r.data.tags},
}))"""


def results_of(place: Place) -> dict[str, Any]:
    """The newest results.json of a place."""
    paths = sorted((place.folder / "home").rglob("results-*.json"), key=lambda path: path.stat().st_mtime)
    return json.loads(paths[-1].read_text())


def without_identity(value: Any) -> Any:
    """Results without times, run ids and version numbers."""
    if isinstance(value, dict):
        gone = {"run_id", "version", "seconds", "megabytes"}
        return {key: without_identity(each) for key, each in value.items() if key not in gone}
    return [without_identity(each) for each in value] if isinstance(value, list) else value


def tags_of(place: Place) -> dict[str, dict[str, Any]]:
    """The tags of every version by its number, what is JSON read; and the commits of top runs by name, as `commits`."""
    found = json.loads(place.python(TAGS))
    for tags in found["versions"].values():
        for name in ("kd.teachers", "kd.labels", "kd.features", "kd.champions"):
            if name in tags:
                tags[name] = json.loads(tags[name])
    return {**found["versions"], "commits": found["commits"]}
