"""A job killed at chosen points and at any moment, and what is left of it: `python -m tests.faults.kills --kills 200`.

Each kill: the micro job begins on fresh stores, in a fork that kills itself at the n-th point of a kind (or is killed from
outside after some seconds), the same commands run again, and what they end with is held against a job never interrupted.
"""

import argparse
import json
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.micro import MICRO, PROMOTE, make_micro
from tests.jobs import without_identity

ROOT = Path(__file__).resolve().parent.parent.parent
KINDS = (
    "step boundary",  # before and after a step is made
    "run boundary",  # before and after a run begins or ends
    "alias move",  # before and after a move, or an entry of the ledger
    "tracking database",  # after a statement, before its transaction ends
    "studies database",
    "kept file",  # before a file or folder below KD_HOME is opened to write, flushed, renamed, removed
    "other file",  # the same elsewhere: artifacts, temporary files, databases
    "inside a kept file",  # at its 64th byte
    "inside another file",
)
RANDOM = "random moment"
WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE)", re.IGNORECASE)
BYTES = 64


@dataclass(frozen=True)
class Point:
    """Where to kill: the n-th point of a kind, or after n seconds at a random moment."""

    kind: str
    n: float


class Trap:
    """Counts points, and ends the process at one; `seen` maps each kind to how many there were."""

    def __init__(self, point: Point | None) -> None:
        self.point, self.seen = point, dict.fromkeys(KINDS, 0)

    def reach(self, kind: str) -> None:
        self.seen[kind] += 1
        if self.point is not None and (kind, self.seen[kind]) == (self.point.kind, self.point.n):
            if kind.startswith("inside"):
                signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
                resource.setrlimit(resource.RLIMIT_FSIZE, (BYTES, BYTES))
                self.point = None
            else:
                os.kill(os.getpid(), signal.SIGKILL)

    def set(self) -> None:
        """Watch this process from now on."""
        self._watch_files()
        self._watch_databases()
        self._watch_calls()

    def _watch_files(self) -> None:
        home = os.environ["KD_HOME"]

        def heard(event: str, arguments: tuple[Any, ...]) -> None:
            if event == "open":
                path, mode, flags = arguments
                writes = bool(flags & (os.O_WRONLY | os.O_RDWR)) if mode is None else any(c in mode for c in "wax+")
                if writes and not str(path).startswith("/dev"):
                    kept = home in str(path)
                    self.reach("kept file" if kept else "other file")
                    self.reach("inside a kept file" if kept else "inside another file")
            elif event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir"):
                self.reach("kept file" if home in str(arguments[0]) else "other file")

        sys.addaudithook(heard)
        flush = os.fsync

        def fsync(handle: int) -> None:
            self.reach("kept file" if home in str(Path(f"/proc/self/fd/{handle}").readlink()) else "other file")
            flush(handle)

        os.fsync = fsync

    def _watch_databases(self) -> None:
        import sqlalchemy

        def executed(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if WRITES.match(statement):
                self.reach("tracking database" if connection.engine.url.database else "studies database")

        sqlalchemy.event.listen(sqlalchemy.Engine, "after_cursor_execute", executed)

    def _watch_calls(self) -> None:
        import mlflow

        from kd.passes.steps import Steps

        client = mlflow.MlflowClient
        self._around(Steps, "_make", "step boundary")
        self._around(client, "create_run", "run boundary")
        self._around(client, "set_terminated", "run boundary")
        self._around(client, "set_registered_model_alias", "alias move")
        self._around(client, "set_registered_model_tag", "alias move")

    def _around(self, owner: Any, name: str, kind: str) -> None:
        call = getattr(owner, name)

        def watched(*arguments: Any, **named: Any) -> Any:
            self.reach(kind)
            result = call(*arguments, **named)
            self.reach(kind)
            return result

        setattr(owner, name, watched)


class Lab:
    """Ready stores and a corpus, and forks of this process that work on copies of them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.corpus, self.ready = folder, folder / "corpus", folder / "ready"
        make_micro(self.corpus)
        self.ready.mkdir(parents=True)
        script = (
            "from kd.tracking.store import open_store; open_store(); from kd.tuning.store import open_studies; "
            "open_studies().close()"
        )
        environment = {**os.environ, **environment_of(self.ready), "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", script], cwd=self.ready, env=environment, check=True)

    @contextmanager
    def place(self) -> Iterator[Path]:
        """Fresh stores; gone afterwards."""
        place = Path(tempfile.mkdtemp(prefix="place-", dir=self.folder))
        shutil.copytree(self.ready, place, dirs_exist_ok=True)
        (place / "tmp").mkdir(exist_ok=True)
        with closing(sqlite3.connect(place / "mlflow.db")) as database, database:
            database.execute("UPDATE experiments SET artifact_location = ?", (str(place / "mlruns" / "0"),))
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def job(self, place: Path, trap: Trap | None = None, *, seconds: float | None = None) -> tuple[int, str]:
        """The job and a promotion, in a fork; exit code (negative: by signal) and what it printed."""

        def work() -> int:
            if trap is not None:
                trap.set()
            code = entry_point("iterate", data=self.corpus, **MICRO) or entry_point(
                "promote", data=self.corpus, **PROMOTE
            )
            if trap is not None:
                sys.stdout.write(f"\nSEEN {json.dumps(trap.seen)}\n")
            return code

        return forked(work, place, seconds=seconds)

    def outcome(self, place: Path) -> dict[str, Any]:
        """What a finished job left, without identities and times; for comparison."""

        def look() -> int:
            sys.stdout.write(json.dumps(left_by_job(place)))
            return 0

        code, text = forked(look, place)
        if code:
            raise AssertionError(f"what is left cannot be read ({code}): {text}")
        return dict(json.loads(text))


def environment_of(place: Path) -> dict[str, str]:
    return {
        "MLFLOW_TRACKING_URI": f"sqlite:///{place / 'mlflow.db'}",
        "KD_OPTUNA_URI": f"sqlite:///{place / 'optuna.db'}",
        "KD_HOME": str(place / "home"),
        "TMPDIR": str(place / "tmp"),
    }


def entry_point(name: str, **parameters: object) -> int:
    """An entry point in this process."""
    import importlib

    sys.argv = [name, *(word for key, value in parameters.items() for word in (f"--{key}", str(value)))]
    return int(importlib.import_module(f"entrypoints.{name}").main())


def forked(work: Callable[[], int], place: Path, *, seconds: float | None = None) -> tuple[int, str]:
    """Work in a fork on the stores of a place, killed after some seconds; exit code and what it printed."""
    mine, theirs = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.dup2(theirs, 1)
            os.dup2(theirs, 2)
            os.chdir(place)
            os.environ.update(environment_of(place))
            tempfile.tempdir = None
            code = work()
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    os.close(theirs)
    timer = threading.Timer(seconds, os.kill, (child, signal.SIGKILL)) if seconds is not None else None
    if timer is not None:
        timer.start()
    said = b""
    while block := os.read(mine, 1 << 16):
        said += block
    os.close(mine)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if timer is not None:
        timer.cancel()
        timer.join()
    return code, said.decode(errors="replace")


def left_by_job(place: Path) -> dict[str, Any]:
    """Results, aliases by candidate, label hashes, what each version is; runs under way and temporary files."""
    import mlflow

    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    client = mlflow.MlflowClient()
    versions = client.search_model_versions("name = 'kd-sed'", max_results=1000)
    what = {str(v.version): "/".join(v.tags[f"kd.{key}"] for key in ("kind", "pass", "name")) for v in versions}
    aliases = client.get_registered_model("kd-sed").aliases
    runs = client.search_runs(["0"], max_results=1000)
    (results,) = (place / "home").rglob("results-*.json")
    labels = {}
    for run in runs:
        path = Path(run.info.artifact_uri.removeprefix("file://")) / "labels" / "labels.json"
        if run.data.tags.get("kd.kind") == "pass" and path.is_file():
            splits = json.loads(path.read_text())["splits"]
            labels[run.data.tags["kd.pass"]] = {role: each["sha256"] for role, each in splits.items()}
    top = [run for run in runs if run.data.tags.get("kd.kind") == "iterate" and run.info.status == "FINISHED"]
    metrics = dict(top[0].data.metrics) if top else {}
    return {
        "results": without_identity(json.loads(results.read_text())),
        "versions": sorted(what.values()),
        "aliases": {alias: what[str(number)] for alias, number in sorted(aliases.items())},
        "labels": labels,
        "metrics": metrics,
        "finished jobs": len(top),
        "under way": sorted(run.info.run_name for run in runs if run.info.status == "RUNNING"),
        "temporary": sorted(temporary_files(place)),
    }


def temporary_files(place: Path) -> list[str]:
    """Files and folders that only a process at work needs."""
    found = [path for path in place.rglob("*") if re.search(r"\.(tmp|new|scratch)$|\.lock$", path.name)]
    found += [path for path in (place / "tmp").iterdir() if not path.name.startswith("torchinductor")]
    return [re.sub(r"[0-9a-f]{8,}|\d{3,}", "N", str(path.relative_to(place))) for path in found]


def trial(lab: Lab, whole: dict[str, Any], point: Point) -> str:
    """Kill at a point, run again; `same`, or what is different."""
    with lab.place() as place:
        trap = None if point.kind == RANDOM else Trap(point)
        code, said = lab.job(place, trap, seconds=point.n if point.kind == RANDOM else None)
        if code not in (-signal.SIGKILL, -signal.SIGXFSZ, 0) or (code == 0 and point.kind != RANDOM):
            return f"not killed: exit {code}: {said[-600:]}"
        code, said = lab.job(place)
        if code:
            return f"the same commands again: exit {code}: {said[-1500:]}"
        found = lab.outcome(place)
    different = [name for name in whole if found[name] != whole[name]]
    shown = {name: found[name] for name in different if name not in ("results", "metrics")}
    return f"different: {', '.join(different)} {json.dumps(shown)}" if different else "same"


def chosen(seen: dict[str, int], seconds: float, kills: int, seed: int) -> list[Point]:
    """Every step boundary, and of all other points a share of each kind, spread over the job."""
    rng = random.Random(seed)
    points = [Point("step boundary", n) for n in range(1, seen["step boundary"] + 1)]
    if kills < 2 * len(points):
        points = rng.sample(points, max(1, kills // 6))
    others = [kind for kind in KINDS if kind != "step boundary"] + [RANDOM]
    share, left = divmod(max(0, kills - len(points)), len(others))
    for index, kind in enumerate(others):
        for part in range(share + (index < left)):
            most = share + (index < left)
            at = (part + rng.random()) / most
            points.append(Point(kind, round(at * seconds, 2) if kind == RANDOM else 1 + int(at * seen[kind])))
    return points


def survey(lab: Lab, *, warm: bool) -> tuple[dict[str, Any], dict[str, int], float]:
    """The job never interrupted: what it leaves, the points it passes, its seconds; warm: those of a second time."""
    if warm:
        with lab.place() as place:
            lab.job(place)  # compiles what is not compiled yet
    with lab.place() as place:
        start = time.monotonic()
        code, said = lab.job(place, Trap(None))
        seconds = time.monotonic() - start
        if code:
            raise AssertionError(f"the job itself ends with {code}: {said}")
        return lab.outcome(place), json.loads(said.rpartition("SEEN ")[2].splitlines()[0]), seconds


def main() -> int:
    """Kill, tell, write a table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--kills", type=int, default=200)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--part", default="1/1", help="which share of the kills, of how many")
    asked.add_argument("--only", default="", help="one kind of point")
    asked.add_argument("--out", type=Path, help="JSON: kind to points passed, kills, and how many ended the same")
    given = asked.parse_args()
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "KD_"))]:
        del os.environ[name]
    preload()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        lab = Lab(Path(folder))
        whole, seen, seconds = survey(lab, warm=given.kills > 20)
        tell(f"{seconds:.1f} s; points: {seen}")
        tell(json.dumps({name: whole[name] for name in whole if name not in ("results", "metrics")}))
        table: dict[str, dict[str, Any]] = {}
        part, parts = map(int, given.part.split("/"))
        for point in chosen(seen, seconds, given.kills, given.seed)[part - 1 :: parts]:
            if given.only not in ("", point.kind):
                continue
            said = trial(lab, whole, point)
            row = table.setdefault(point.kind, {"points": seen.get(point.kind), "kills": 0, "same": 0, "different": []})
            row["kills"] += 1
            row["same"] += said == "same"
            if said != "same":
                row["different"].append([point.n, said])
            tell(f"{point.kind} {point.n}: {said}")
            if given.out:
                given.out.write_text(json.dumps({"seconds": round(seconds, 1), "kinds": table}, indent=1) + "\n")
    for kind, row in table.items():
        tell(f"{kind:20} {row['kills']:4} kills, {row['same']:4} ended the same")
    return int(any(row["different"] for row in table.values()))


def tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def preload() -> None:
    """Import what the job needs, so that forks begin at once."""
    import mlflow.pyfunc
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401


if __name__ == "__main__":
    sys.exit(main())
