"""Runs: the tree of an iterate job, written in batches."""

import atexit
import json
import math
import os
import re
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kd.commit import project_commit
from kd.errors import UserError
from kd.process import gone, this_process
from kd.tracking.store import artifact_path, store_errors

PARENT = "mlflow.parentRunId"
PROCESS = "kd.process"  # tag of every run: the process that began it, or went on with it
OWNED = "kd.home"  # tag of runs that are looked after by who holds their model's lock
DONE = "kd.done"  # tag of a run that was recorded whole
COMMIT = "mlflow.source.git.commit"
BATCH = 900


def is_run_id(text: str) -> bool:
    """Whether a text looks like a run's id."""
    return re.fullmatch("[0-9a-f]{32}", text) is not None


class Runs:
    """The runs of one experiment, by explicit ids: no run is ever 'active'."""

    def __init__(self, client: Any) -> None:
        """client: from `open_store`. Adopts the run that `mlflow run` made, where there is one."""
        self.client = client
        self.open: list[str] = []
        self.adopted = os.environ.pop("MLFLOW_RUN_ID", None)
        with store_errors():
            if self.adopted:
                self.experiment = client.get_run(self.adopted).info.experiment_id
            else:
                self.experiment = os.environ.get("MLFLOW_EXPERIMENT_ID") or self._named_experiment()
                client.get_experiment(self.experiment)

    def _named_experiment(self) -> str:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or "Default"
        found = self.client.get_experiment_by_name(name)
        return str(found.experiment_id if found else self.client.create_experiment(name))

    def top(self, name: str, tags: Mapping[str, str]) -> str:
        """The run at the top of the tree: the adopted one, else a new one; with the project's commit where there is one."""
        self.sweep()
        commit = project_commit()
        tags = {**tags, **({COMMIT: commit} if commit else {})}
        if self.adopted is None:
            return self.create(name, tags=tags)
        self.tag(self.adopted, {"mlflow.runName": name, PROCESS: this_process(), **tags})
        self.open.append(self.adopted)
        return self.adopted

    def create(self, name: str, *, tags: Mapping[str, str], parent: str | None = None) -> str:
        """A new RUNNING run; returns its id."""
        source = {"mlflow.source.name": "kd", "mlflow.source.type": "LOCAL", PROCESS: this_process()}
        above = {PARENT: parent} if parent else {}
        with store_errors():
            run = self.client.create_run(self.experiment, run_name=name, tags={**source, **above, **tags})
        self.open.append(run.info.run_id)
        return str(run.info.run_id)

    def reopen(self, run: str) -> None:
        """Set an ended run RUNNING again."""
        with store_errors():
            self.client.update_run(run, status="RUNNING")
        self.tag(run, {PROCESS: this_process()})
        self.open.append(run)

    def sweep(self) -> None:
        """End the runs outside of jobs that processes of this machine left RUNNING when they were killed."""
        for run in self.find({}, status="RUNNING"):
            tags = run.data.tags
            if OWNED not in tags and gone(tags.get(PROCESS, "")):
                self.end(run.info.run_id, "FINISHED" if tags.get(DONE) == "true" else "KILLED")

    def tag(self, run: str, tags: Mapping[str, str]) -> None:
        """Set tags."""
        from mlflow.entities import RunTag

        with store_errors():
            self.client.log_batch(run, tags=[RunTag(key, value) for key, value in tags.items()])

    def params(self, run: str, values: Mapping[str, Any]) -> None:
        """Log resolved settings, each under `cfg.<name>`."""
        from mlflow.entities import Param

        with store_errors():
            self.client.log_batch(
                run, params=[Param(f"cfg.{key}", str(value)[:5_900]) for key, value in values.items()]
            )

    def metrics(self, run: str, series: Mapping[str, Sequence[tuple[int, float]]]) -> None:
        """Log metrics: name to [(step, value)], in as few calls as the store allows; NaN is left out."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        points = [
            Metric(key, value, now, step)
            for key, all_ in series.items()
            for step, value in all_
            if not math.isnan(value)
        ]
        with store_errors():
            for start in range(0, len(points), BATCH):
                self.client.log_batch(run, metrics=points[start : start + BATCH])

    def folder(self, run: str, folder: Path, name: str | None = None) -> None:
        """Log a folder's files as artifacts."""
        with store_errors():
            self.client.log_artifacts(run, str(folder), name)

    def file(self, run: str, path: Path, name: str | None = None) -> None:
        """Log one file as an artifact, into folder `name`."""
        with store_errors():
            self.client.log_artifact(run, str(path), name)

    def json(self, run: str, value: Any, name: str) -> None:
        """Log a JSON artifact."""
        self.text(run, json.dumps(value, indent=1, allow_nan=False), name)

    def text(self, run: str, text: str, name: str) -> None:
        """Log a text artifact."""
        with store_errors():
            self.client.log_text(run, text, name)

    def dataset(
        self, run: str, *, name: str, digest: str, source: str, profile: Mapping[str, Any], context: str
    ) -> None:
        """Log which data a run used, under our own digest."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        data = Dataset(
            name=name,
            digest=digest[:36],
            source_type="local",
            source=json.dumps({"uri": source}),
            profile=json.dumps(dict(profile)),
        )
        with store_errors():
            self.client.log_inputs(run, datasets=[DatasetInput(data, [InputTag("mlflow.data.context", context)])])

    def end(self, run: str, status: str = "FINISHED") -> None:
        """End a run as FINISHED, FAILED or KILLED."""
        with store_errors():
            self.client.set_terminated(run, status)
        self.open = [other for other in self.open if other != run]

    def hurry(self) -> None:
        """Wait no longer for a store that is away."""
        self.client.patience.end()

    def find(self, tags: Mapping[str, str], *, status: str = "") -> list[Any]:
        """Runs of any experiment that carry all `tags`, newest first."""
        words = [f"tags.`{key}` = '{value}'" for key, value in tags.items()]
        words += [f"attributes.status = '{status}'"] if status else []
        with store_errors():
            experiments = [found.experiment_id for found in self.client.search_experiments()]
            return list(self.client.search_runs(experiments, " and ".join(words), max_results=5000))

    def tags_of(self, run: str) -> dict[str, str] | None:
        """The tags of a run; None where there is no such run, or it is deleted."""
        found = self._found(run)
        return dict(found.data.tags) if found is not None and found.info.lifecycle_stage == "active" else None

    def params_of(self, run: str) -> dict[str, str]:
        """The parameters of a run; empty where there is no such run."""
        found = self._found(run)
        return {} if found is None else dict(found.data.params)

    def _found(self, run: str) -> Any | None:
        """A run; None where there is none of that id."""
        from mlflow.exceptions import MlflowException

        with store_errors():
            try:
                return self.client.get_run(run)
            except MlflowException as error:
                if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                    return None
                raise

    def kept(self, run: str, name: str) -> Path | None:
        """An artifact: in place where the store's files are on this machine, else a copy; None where there is none."""
        place = self.stored_here(run)
        if place is not None:
            return place / name if (place / name).exists() else None
        try:
            return self.download(run, name)
        except UserError:
            return None

    def stored_here(self, run: str) -> Path | None:
        """The folder of a run's artifacts, where the store's files are on this machine; None where not, or nothing is there."""
        found = self._found(run)
        place = None if found is None else artifact_path(found.info.artifact_uri)
        return place if place is not None and place.is_dir() else None

    def download(self, run: str, name: str) -> Path:
        """A local copy of an artifact, gone when the process ends. Raises UserError where the run has none of that name."""
        with store_errors():
            self.client.get_run(run)
            if not any(found.path == name for found in self.client.list_artifacts(run)):
                raise UserError(f"run {run} has no artifact {name!r}", "name a run that logged it")
            folder = tempfile.mkdtemp(prefix="kd-")
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            return Path(self.client.download_artifacts(run, name, folder))
