"""A person moves an alias while a job runs, and names a version of another job."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Place
from tests.jobs import results_of

QUICK = {"steps": 3, "batch": 4, "architectures": "shallow", "smoothings": "median", "tuning": "off"}
MOVE = """
import mlflow
client = mlflow.MlflowClient()
client.search_registered_models()
print("ready", flush=True)
input()
now = client.get_model_version_by_alias("kd-sed", "best-Dog").version
known = client.search_model_versions("name='kd-sed'")
other = next(v for v in known if v.tags["kd.kind"] != "merged" and v.version != now)
client.set_registered_model_alias("kd-sed", "best-Dog", other.version)
print(other.version)"""


def test_a_move_during_a_pass_is_honoured(place: Place, corpus: Path) -> None:
    person = subprocess.Popen(
        [sys.executable, "-c", MOVE],
        cwd=place.folder,
        env=place.env,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert person.stdout is not None and person.stdout.readline() == "ready\n"
    job = place.start("iterate", data=corpus, passes=3, **{**QUICK, "steps": 20})
    assert job.stdout is not None
    moved = 0
    for line in job.stdout:
        if re.match(r"pass 1: select F1", line):
            moved = int(person.communicate("now\n", timeout=60)[0])
    job.wait(timeout=300)
    assert job.returncode == 0
    champions = [each["champions"]["Dog"]["version"] for each in results_of(place)["passes"]]
    assert champions[0] != moved and moved in champions[1:]
    aliases = "import mlflow, json; print(json.dumps(mlflow.MlflowClient().get_registered_model('kd-sed').aliases))"
    assert int(json.loads(place.python(aliases))["best-Dog"]) == champions[2]


@pytest.mark.slow
def test_a_version_of_another_job_may_be_champion_where_it_is_named(place: Place, corpus: Path) -> None:
    assert place.run("iterate", data=corpus, passes=1, **{**QUICK, "steps": 40}).returncode == 0
    trained = results_of(place)["passes"][0]["candidates"][0]["version"]
    done = place.run("iterate", data=corpus, passes=1, seed=1, warm_start=trained, **QUICK)
    assert done.returncode == 0, done.stderr
    champions = {won["version"] for won in results_of(place)["passes"][0]["champions"].values()}
    assert trained in champions
    refused = place.run("iterate", data=corpus, passes=1, seed=2, warm_start=99, **QUICK)
    assert refused.returncode == 2 and "99" in refused.stderr
