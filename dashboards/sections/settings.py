"""With which parameters a job ran, on what."""

from collections.abc import Mapping

from dashboards.kept import JobRecord
from dashboards.markup import Section, folded, pairs, table

PREFIX = "cfg."
ABOUT = {
    "job": "kd.iterate_id",
    "user": "mlflow.user",
    "commit": "mlflow.source.git.commit",
}


def settings_of(params: Mapping[str, str]) -> dict[str, str]:
    """Parameter to value, of the parameters that a run logged."""
    return {key.removeprefix(PREFIX): value for key, value in sorted(params.items()) if key.startswith(PREFIX)}


def section(job: JobRecord) -> Section:
    """All resolved parameters, and where the run is."""
    return of_run(job.run, job.tags, job.params)


def of_run(run: str, tags: Mapping[str, str], params: Mapping[str, str]) -> Section:
    """The same of any job's run."""
    about = [("run", run)] + [(name, tags[tag]) for name, tag in ABOUT.items() if tags.get(tag)]
    rows = [[name, value] for name, value in settings_of(params).items()]
    body = folded(f"{len(rows)} parameters", table(["parameter", "value"], rows, caption="Parameters", left=2))
    return Section("settings", "Settings", pairs(about) + body)
