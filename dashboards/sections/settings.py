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
    about = [("run", job.run)] + [(name, job.tags[tag]) for name, tag in ABOUT.items() if job.tags.get(tag)]
    rows = [[name, value] for name, value in settings_of(job.params).items()]
    body = folded(f"{len(rows)} parameters", table(["parameter", "value"], rows, caption="Parameters", left=2))
    return Section("settings", "Settings", pairs(about) + body)
