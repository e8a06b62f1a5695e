"""An MLflow server on PostgreSQL, with accounts and artifacts through it: jobs, outages, and who may do what."""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Place
from tests.faults.micro import MICRO
from tests.faults.test_bad_input import refused
from tests.faults.test_several import ended_alike
from tests.jobs import results_of, without_identity
from tests.postgres import needs_postgres, postgres
from tests.servers.tracking import ADMIN, PASSWORD, TrackingServer

pytestmark = [needs_postgres, pytest.mark.slow]
PEOPLE = {name: f"a-long-password-of-{name}" for name in ("reader", "trainer", "promoter")}
MERGED, SHORT = "models:/kd-sed@merged", {"steps": 2, "clip_seconds": 2}
GIVE = f"""
import os
os.environ |= {{"MLFLOW_TRACKING_USERNAME": "{ADMIN}", "MLFLOW_TRACKING_PASSWORD": "{PASSWORD}"}}
from mlflow.server import get_app_client
client = get_app_client("basic-auth", os.environ["MLFLOW_TRACKING_URI"])
for name, password in {PEOPLE!r}.items():
    client.create_user(name, password)
for name in ("trainer", "promoter"):
    client.grant_user_permission(name, "experiment", "0", "EDIT")"""
RIGHT = f"""
import os
os.environ |= {{"MLFLOW_TRACKING_USERNAME": "{ADMIN}", "MLFLOW_TRACKING_PASSWORD": "{PASSWORD}"}}
from mlflow.server import get_app_client
client = get_app_client("basic-auth", os.environ["MLFLOW_TRACKING_URI"])
client.grant_user_permission("promoter", "registered_model", "kd-sed", "EDIT")"""


@pytest.fixture(scope="module")
def databases() -> Iterator[str]:
    with postgres("open", "guarded", "accounts", "studies") as place:
        yield place


@pytest.fixture(scope="module")
def guarded(databases: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrackingServer]:
    """A server that asks who one is."""
    server = TrackingServer(tmp_path_factory.mktemp("guarded"), f"{databases}guarded", accounts=f"{databases}accounts")
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def unguarded(databases: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrackingServer]:
    server = TrackingServer(tmp_path_factory.mktemp("open"), f"{databases}open")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def on_server(new_place: Callable[[], Place], unguarded: TrackingServer, databases: str) -> Place:
    """A place whose runs, models and studies are on servers."""
    place = new_place()
    place.env |= {"MLFLOW_TRACKING_URI": unguarded.address, "KD_OPTUNA_URI": f"{databases}studies"}
    return place


def test_four_jobs_at_once_on_one_server(on_server: Place, micro: Path) -> None:
    ended_alike(on_server, micro, 4)


@pytest.mark.cluster
def test_fifty_clients_at_once_lose_no_metric(on_server: Place) -> None:
    said = on_server.python("import json; from tests.servers.clients import main; print(json.dumps(main(50, 100)))")
    found = json.loads(said.splitlines()[-1])
    assert found["kept"] == found["sent"] == 50 * 100 * 10


def test_a_server_that_goes_and_comes_back_costs_nothing(
    on_server: Place, unguarded: TrackingServer, finished_micro: dict[str, object], micro: Path
) -> None:
    """First it stays away longer than the job is patient, then it comes back in time."""
    given = {"data": micro, "model": "patient", **MICRO}
    on_server.env |= {"KD_STORE_PATIENCE": "1", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
    job = on_server.start("iterate", **given)
    assert job.stdout is not None
    for line in job.stdout:
        if line.startswith("tagger"):
            unguarded.kill()
            break
    said, _ = job.communicate(timeout=120)
    assert job.returncode == 2 and "does not answer" in said and "Traceback" not in said, said
    steps = {path.name for path in (on_server.folder / "home").glob("jobs/*/steps/train-*") if path.is_dir()}
    assert steps  # what was trained is kept
    unguarded.start()
    on_server.env["KD_STORE_PATIENCE"] = "120"
    job = on_server.start("iterate", **given)
    assert job.stdout is not None
    for line in job.stdout:
        if line.startswith("pass 2/2"):
            unguarded.kill()
            time.sleep(3)
            unguarded.start()
            break
    said, _ = job.communicate(timeout=300)
    assert job.returncode == 0 and "trying again" in said and "answers again" in said, said
    assert without_identity(results_of(on_server)) == finished_micro
    runs = on_server.python(
        "import mlflow; c = mlflow.MlflowClient(); "
        "runs = c.search_runs(['0'], max_results=1000); "
        "print([r.info.run_name for r in runs if r.info.status == 'RUNNING' and r.data.tags.get('kd.model') == 'patient']); "
        "print(len(c.search_model_versions(\"name = 'patient'\")))"
    )
    assert runs.split("\n")[:2] == ["[]", "5"], runs


@pytest.fixture(scope="module")
def finished_micro(new_place: Callable[[], Place], micro: Path) -> dict[str, object]:
    """What the micro job ends with."""
    place = new_place()
    assert place.run("iterate", data=micro, **MICRO).returncode == 0
    return dict(without_identity(results_of(place)))


def test_host_names_and_origins_are_checked(guarded: TrackingServer) -> None:
    search = {"path": "/api/2.0/mlflow/experiments/search", "body": {"max_results": 1}}
    assert guarded.ask("/health") == guarded.ask("/health", host="sed.example") == 200
    assert guarded.ask("/", host="elsewhere.example") == 403
    assert guarded.ask(**search) == 401  # type: ignore[arg-type]
    assert guarded.ask(**search, origin="https://elsewhere.example") == 403  # type: ignore[arg-type]


def test_who_may_do_what(new_place: Callable[[], Place], guarded: TrackingServer, micro: Path, tmp_path: Path) -> None:
    """The matrix of docs/server.md: True where the command ends with 0, False where it is refused in one line."""

    def being(name: str, password: str) -> Place:
        place = new_place()
        place.env |= {
            "MLFLOW_TRACKING_URI": guarded.address,
            "MLFLOW_TRACKING_USERNAME": name,
            "MLFLOW_TRACKING_PASSWORD": password,
        }
        return place

    admin = being(ADMIN, PASSWORD)
    admin.python(GIVE)
    people = {name: being(name, password) for name, password in PEOPLE.items()}
    made = admin.run("iterate", data=micro, **MICRO)
    assert made.returncode == 0, made.stderr
    admin.python(RIGHT)
    asks: dict[str, Callable[[Place], object]] = {
        "list": lambda who: who.run("champions"),
        "detect": lambda who: who.run(
            "detect", audio=micro / "audio" / "test", model="models:/kd-sed@merged", out=tmp_path / "x.tsv"
        ),
        "promote": lambda who: who.run("promote", data=micro, stage="candidate", gates="off"),
        "prune": lambda who: who.run("prune", dry_run="false", keep="lineage"),
        "train": lambda who: who.run(
            "train", data=micro, model=f"of-{who.env['MLFLOW_TRACKING_USERNAME']}", steps=2, clip_seconds=2
        ),
    }
    may = {
        "list": {"reader", "trainer", "promoter"},
        "detect": {"reader", "trainer", "promoter"},
        "promote": {"promoter"},
        "prune": set(),
        "train": {"trainer", "promoter"},
    }
    nobodies = being("reader", "not-the-password-of-reader"), being("", "")
    for what, ask in asks.items():
        for nobody in nobodies if what == "list" else nobodies[:1]:
            refused(ask(nobody), "takes no such name and password")  # type: ignore[arg-type]
        for name, who in people.items():
            done = ask(who)
            if name in may[what]:
                assert done.returncode == 0, (what, name, done.stdout + done.stderr)  # type: ignore[attr-defined]
            else:
                refused(done, f"gives {name} no right to do this")  # type: ignore[arg-type]
    assert admin.run("prune", dry_run="false", keep="lineage").returncode == 0
    everything = admin.python(
        "import mlflow, json; c = mlflow.MlflowClient(); "
        "print(json.dumps([dict(r.data.params) | dict(r.data.tags) for r in c.search_runs(['0'], max_results=1000)]))"
    )
    assert not any(password in everything for password in (*PEOPLE.values(), PASSWORD))
    assert os.environ.get("MLFLOW_TRACKING_PASSWORD") is None and json.loads(everything)
