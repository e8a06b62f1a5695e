"""What work on a cluster costs beside work on one machine.

    python -m benchmarks.cluster [overhead] [shards] [clients] [efficiency] [--data CORPUS] [--repeats 3] [--out RESULT.json]

overhead: one job, by processes of this machine and by a Ray cluster of one node that runs already, in turn, both on a
tracking server with PostgreSQL. shards: 20,000 tasks that do nothing. clients: 50 that log to the server at once.
efficiency: tasks of a second that wait and carry megabytes, on 1, 2 and 4 hosts, network namespaces where those may be
made (as root) and nodes of this machine elsewhere: two cores could not show more than the overhead.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.keep import RESULTS, stores_in
from kd.engines.on_ray import RayWorkers
from kd.machine import machine
from tests.engines.cluster import RayCluster
from tests.postgres import postgres
from tests.servers import clients
from tests.servers.tracking import TrackingServer

JOB = {"passes": 2, "steps": 60, "workers": 2, "threads": 1, "trials": 10, "student_trials": 3, "student_steps": 20}
SHARDS, CLIENTS, STEPS = 20_000, 50, 100
WAIT, TASKS_PER_HOST, PAYLOAD = 1.0, 8, 2_000_000
HOSTS = (1, 2, 4)
NETWORK = "10.78.0"


def nothing(item: int, tell: Callable[[Any], None]) -> int:
    """A shard without work."""
    return item


def wait(item: tuple[int, bytes], tell: Callable[[Any], None]) -> bytes:
    """A task that another machine's processor would do."""
    time.sleep(WAIT)
    return item[1]


@contextmanager
def server(folder: Path) -> Iterator[TrackingServer]:
    """A tracking server on PostgreSQL."""
    with postgres("runs") as databases:
        found = TrackingServer(folder, f"{databases}runs")
        found.start()
        try:
            yield found
        finally:
            found.kill()


def job(env: dict[str, str], *, data: Path, model: str, more: Sequence[str]) -> float:
    """Seconds of one job, imports and all."""
    words = [f"--{key}={value}" for key, value in JOB.items()] + [f"--data={data}", f"--model={model}", *more]
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "entrypoints.iterate", *words], env=env, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return time.monotonic() - start


def overhead(data: Path, repeats: int) -> dict[str, Any]:
    """Both ways in turn; the first of each warms files and workers and is not counted."""
    cluster = RayCluster()
    seconds: dict[str, list[float]] = {"local": [], "ray": []}
    with tempfile.TemporaryDirectory() as place, server(Path(place)) as tracking:
        env = {**os.environ, **stores_in(Path(place) / "home"), "MLFLOW_TRACKING_URI": tracking.address}
        cluster.start()
        cluster.join(cpus=2)
        try:
            for number in range(repeats + 1):
                for engine, taken in seconds.items():
                    more = [] if engine == "local" else ["--engine=ray", f"--address={cluster.address}"]
                    taken.append(job(env, data=data, model=f"{engine}-{number}", more=more))
        finally:
            cluster.kill_head()
        asked = requests(Path(place) / "log", jobs=2 * (repeats + 1))
    counted = {engine: found[1:] for engine, found in seconds.items()}
    medians = {engine: median(found) for engine, found in counted.items()}
    return {
        "job": JOB,
        "seconds": counted,
        "median": medians,
        "ratio": medians["ray"] / medians["local"],
        "requests_of_a_job": asked,
    }


def requests(log: Path, *, jobs: int) -> dict[str, float]:
    """Requests of one job to the tracking server, by kind."""
    kinds: Counter[str] = Counter()
    for line in log.read_text(errors="replace").splitlines():
        if " HTTP/1.1" in line and "/api/2.0/" in line:
            path = line.split("/api/2.0/")[1].split()[0].partition("?")[0]
            kinds["artifacts" if path.startswith("mlflow-artifacts") else path.split("/")[1]] += 1
    return {kind: count / jobs for kind, count in kinds.most_common()}


def shards() -> dict[str, Any]:
    """Bookkeeping alone."""
    cluster = RayCluster()
    cluster.start()
    cluster.join(cpus=2)
    try:
        with RayWorkers(2, address=cluster.address) as workers:
            list(workers.each(nothing, range(10)))
            start = time.monotonic()
            right = list(workers.each(nothing, range(SHARDS))) == list(range(SHARDS))
            seconds = time.monotonic() - start
    finally:
        cluster.kill_head()
    return {"shards": SHARDS, "seconds": seconds, "right": right}


def fifty() -> dict[str, Any]:
    """Clients of one server."""
    with tempfile.TemporaryDirectory() as place, server(Path(place)) as tracking:
        os.environ["MLFLOW_TRACKING_URI"] = tracking.address
        return {"clients": CLIENTS, **clients.main(CLIENTS, STEPS)}


def efficiency() -> dict[str, Any]:
    """The ideal time over the real one, by the number of hosts."""
    found = {}
    os.environ["RAY_AUTH_MODE"] = "disabled"  # as nobody else reaches these hosts
    with hosts_made(max(HOSTS)) as kind:
        for count in HOSTS:
            with cluster_of(count, kind) as address:
                command = [sys.executable, "-m", "benchmarks.cluster", f"--drive={count}", f"--address={address}"]
                within = ["ip", "netns", "exec", "kdb0"] if kind == "network namespaces" else []
                done = subprocess.run([*within, *command], capture_output=True, text=True, check=True)
                seconds = float(done.stdout.split()[-1])
            found[str(count)] = {"seconds": seconds, "efficiency": TASKS_PER_HOST * WAIT / seconds}
    return {"hosts": kind, "task_seconds": WAIT, "tasks_a_host": TASKS_PER_HOST, "payload": PAYLOAD, "by_hosts": found}


def drive(count: int, address: str) -> float:
    """Seconds of the tasks of so many hosts, workers warm."""
    payload = np.random.default_rng(0).bytes(PAYLOAD)
    with RayWorkers(count, address=address) as workers:
        list(workers.each(nothing, range(1)))
        nodes = importlib.import_module("ray").nodes
        _until(lambda: sum(each["Alive"] for each in nodes()) == count + 1)
        list(workers.each(wait, [(i, b"") for i in range(2 * count)]))
        start = time.monotonic()
        for result in workers.each(wait, [(i, payload) for i in range(TASKS_PER_HOST * count)]):
            if result != payload:
                raise ValueError("another result than was sent")
        return time.monotonic() - start


@contextmanager
def hosts_made(count: int) -> Iterator[str]:
    """Network namespaces kdb0 (the head's) to kdb<count>, where they may be made; what the hosts are."""
    run = lambda *words: subprocess.run(words, check=True, capture_output=True)  # noqa: E731
    try:
        run("ip", "link", "add", "kdbr0", "type", "bridge")
    except (OSError, subprocess.CalledProcessError):
        yield "nodes of one machine"
        return
    try:
        run("ip", "addr", "add", f"{NETWORK}.1/24", "dev", "kdbr0")
        run("ip", "link", "set", "kdbr0", "up")
        for i in range(count + 1):
            name = f"kdb{i}"
            run("ip", "netns", "add", name)
            run("ip", "link", "add", f"kdbv{i}", "type", "veth", "peer", "name", "eth0", "netns", name)
            run("ip", "link", "set", f"kdbv{i}", "master", "kdbr0", "up")
            run("ip", "netns", "exec", name, "ip", "addr", "add", f"{NETWORK}.{10 + i}/24", "dev", "eth0")
            run("ip", "netns", "exec", name, "ip", "link", "set", "eth0", "up")
            run("ip", "netns", "exec", name, "ip", "link", "set", "lo", "up")
        yield "network namespaces"
    finally:
        for i in range(count + 1):
            with suppress(subprocess.CalledProcessError):
                run("ip", "netns", "del", f"kdb{i}")
        run("ip", "link", "del", "kdbr0")


@contextmanager
def cluster_of(count: int, kind: str) -> Iterator[str]:
    """A head without processors and so many hosts of one; its address."""
    if kind != "network namespaces":
        cluster = RayCluster()
        cluster.start()
        for _ in range(count):
            cluster.join()
        try:
            yield cluster.address
        finally:
            cluster.kill_head()
        return
    ray = str(Path(sys.executable).with_name("ray"))
    address = f"{NETWORK}.10:6399"
    env = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}
    quiet = subprocess.DEVNULL

    def start(i: int, *words: str) -> None:
        within = ["ip", "netns", "exec", f"kdb{i}", ray, "start", f"--node-ip-address={NETWORK}.{10 + i}", "--block"]
        subprocess.Popen([*within, *words], env=env, stdout=quiet, stderr=quiet)

    def listens() -> bool:
        words = [sys.executable, "-c", f"import socket; socket.create_connection(('{NETWORK}.10', 6399), 2)"]
        return subprocess.run(["ip", "netns", "exec", "kdb0", *words], stderr=quiet).returncode == 0

    try:
        start(0, "--head", "--port=6399", "--num-cpus=0", "--include-dashboard=false")
        _until(listens)
        for i in range(1, count + 1):
            start(i, f"--address={address}", "--num-cpus=1")
        yield address
    finally:
        for i in range(count + 1):
            pids = subprocess.run(["ip", "netns", "pids", f"kdb{i}"], capture_output=True, text=True).stdout.split()
            subprocess.run(["kill", "-9", *pids], check=False, stderr=quiet)


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 180
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("the hosts of the cluster did not come up")
        time.sleep(1)


def main(words: Sequence[str]) -> int:
    """Measure what is asked for, and keep it beside what was measured before."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=[])
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS / "cluster.json")
    parser.add_argument("--drive", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--address", default="", help=argparse.SUPPRESS)
    given = parser.parse_args(words)
    if given.drive:
        sys.stdout.write(f"{drive(given.drive, given.address)}\n")
        return 0
    measures: dict[str, Callable[[], dict[str, Any]]] = {
        "overhead": lambda: overhead(given.data, given.repeats),
        "shards": shards,
        "clients": fifty,
        "efficiency": efficiency,
    }
    for name in given.what or measures:
        if name == "overhead" and given.data is None:
            parser.error("overhead needs --data, a corpus in the DESED layout")
        found = {**measures[name](), "machine": machine()}
        kept = json.loads(given.out.read_text()) if given.out.exists() else {}
        given.out.write_text(json.dumps({**kept, name: found}, indent=1) + "\n")
        sys.stdout.write(f"{name}: {json.dumps({k: v for k, v in found.items() if k != 'machine'}, indent=1)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
