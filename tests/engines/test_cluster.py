"""A Ray cluster of several nodes, a tracking server on PostgreSQL: a node, the driver, the head die, and nothing is lost."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kd.engines.on_ray import RayWorkers
from tests.conftest import Place
from tests.engines.cluster import RayCluster, can_unshare
from tests.faults.micro import MICRO
from tests.jobs import results_of, without_identity
from tests.postgres import needs_postgres, postgres
from tests.s3 import BUCKET, needs_s3, s3_server
from tests.servers.tracking import TrackingServer

pytest.importorskip("ray")
pytestmark = [needs_postgres, pytest.mark.slow, pytest.mark.cluster]
JOB = {**MICRO, "architectures": "shallow,small", "workers": 2, "steps": 100}
VERSIONS = 7  # the tagger, two networks and a merged detector of each pass
COUNT = """
import json, mlflow
client = mlflow.MlflowClient()
runs = client.search_runs(["0"], max_results=1000)
print(json.dumps([
    len(client.search_model_versions("name = 'kd-sed'")),
    [r.info.run_name for r in runs if r.info.status == "RUNNING"],
]))"""


@pytest.fixture
def cluster() -> Iterator[RayCluster]:
    """A head and two nodes of one processor."""
    found = RayCluster()
    found.start()
    found.join()
    found.join()
    yield found
    found.kill_head()


@pytest.fixture(scope="module")
def databases() -> Iterator[str]:
    with postgres("first", "second", "third", "fourth") as place:
        yield place


@pytest.fixture
def on_servers(
    request: pytest.FixtureRequest, new_place: Callable[[], Place], databases: str, tmp_path: Path
) -> Iterator[Place]:
    """A place whose runs and models are behind a server, and whose studies have a schema of its database."""
    server = TrackingServer(tmp_path, f"{databases}{request.param}")
    server.start()
    place = new_place()
    studies = f"{databases}{request.param}?options=-csearch_path%3Dstudies"
    place.env |= {"MLFLOW_TRACKING_URI": server.address, "KD_OPTUNA_URI": studies}
    yield place
    server.kill()


@pytest.fixture(scope="module")
def local(new_place: Callable[[], Place], micro: Path) -> dict[str, Any]:
    """What the job ends with on one machine."""
    place = new_place()
    done = place.run("iterate", data=micro, **JOB)
    assert done.returncode == 0, done.stderr
    return dict(without_identity(results_of(place)))


def begun(place: Place, micro: Path, cluster: RayCluster) -> Any:
    """The job on the cluster, its two networks of pass 1 in training."""
    job = place.start("iterate", data=micro, engine="ray", address=cluster.address, **JOB)
    assert job.stdout is not None
    said = []
    for line in job.stdout:
        said.append(line)
        if line.startswith("pass 1/2"):
            return job
    raise AssertionError("".join(said))


def ended_as(local: dict[str, Any], place: Place) -> None:
    """The same results, no version twice, no run left behind."""
    assert without_identity(results_of(place)) == local
    assert json.loads(place.python(COUNT)) == [VERSIONS, []]


def goes_on(place: Place, micro: Path, cluster: RayCluster, local: dict[str, Any]) -> None:
    """The same command ends as the job on one machine."""
    done = place.run("iterate", data=micro, engine="ray", address=cluster.address, **JOB)
    assert done.returncode == 0, done.stderr
    ended_as(local, place)


@pytest.mark.parametrize("on_servers", ["first"], indirect=True)
def test_a_node_that_dies_in_mid_training(
    on_servers: Place, cluster: RayCluster, local: dict[str, Any], micro: Path
) -> None:
    job = begun(on_servers, micro, cluster)
    cluster.kill(cluster.nodes[0])
    said, _ = job.communicate(timeout=400)
    assert job.returncode == 0, said
    ended_as(local, on_servers)


@pytest.mark.parametrize("on_servers", ["second"], indirect=True)
def test_a_driver_that_dies_and_goes_on(
    on_servers: Place, cluster: RayCluster, local: dict[str, Any], micro: Path
) -> None:
    job = begun(on_servers, micro, cluster)
    job.kill()
    job.wait()
    goes_on(on_servers, micro, cluster, local)


@pytest.mark.parametrize("on_servers", ["third"], indirect=True)
def test_a_head_that_dies_and_is_started_again(
    on_servers: Place, cluster: RayCluster, local: dict[str, Any], micro: Path
) -> None:
    job = begun(on_servers, micro, cluster)
    cluster.kill_head()
    said, _ = job.communicate(timeout=400)
    assert job.returncode == 2 and "the Ray cluster" in said and "Traceback" not in said, said
    cluster.start()
    cluster.join(cpus=2)
    goes_on(on_servers, micro, cluster, local)


def counted(item: tuple[Path, int], tell: Callable[[Any], None]) -> int:
    """A shard that takes a second, and writes down that it began."""
    place, number = item
    with (place / f"{number}").open("a") as file:
        file.write("x")
    time.sleep(1)
    return number * number


def test_a_node_that_dies_in_mid_shard_costs_that_shard_alone(cluster: RayCluster, tmp_path: Path) -> None:
    with RayWorkers(2, address=cluster.address) as workers:
        results = workers.each(counted, [(tmp_path, number) for number in range(8)])
        found = [next(results), next(results)]
        time.sleep(0.5)  # both nodes are in the midst of one
        cluster.kill(cluster.nodes[0])
        found += results
    assert found == [number * number for number in range(8)]
    begun = Counter({path.name: len(path.read_text()) for path in tmp_path.iterdir()})
    assert len(begun) == 8 and begun.total() == 9


@needs_s3
@pytest.mark.skipif(not can_unshare(), reason="processes may not have files of their own here")
@pytest.mark.parametrize("on_servers", ["fourth"], indirect=True)
def test_nodes_that_see_no_file_of_the_job_but_by_the_depot(
    on_servers: Place, local: dict[str, Any], micro: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster, home = RayCluster(), on_servers.folder / "home"
    home.mkdir()
    with s3_server() as env:
        for key, value in env.items():
            monkeypatch.setenv(key, value)
        cluster.start()
        try:
            for _ in range(2):
                cluster.join_apart(home)
            on_servers.env |= {**env, "KD_DEPOT": f"s3://{BUCKET}/job"}
            goes_on(on_servers, micro, cluster, local)
        finally:
            cluster.kill_head()
