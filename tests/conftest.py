"""Fixtures: a small generated corpus, fresh stores, and the entry points as their user runs them."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.forks import Forks

if TYPE_CHECKING:
    from kd.tracking.registry import Registry

settings.register_profile("kd", deadline=None)  # first calls compile
settings.load_profile("kd")

pytest_plugins = ("tests.sheets",)
ROOT = Path(__file__).resolve().parent.parent
# A shell starts background jobs deaf to SIGINT, and children inherit that; a handler, they do not.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated corpus of 58 clips; tests must not change it."""
    from kd.corpus.demo import DemoCounts, make_demo

    root = tmp_path_factory.mktemp("corpus") / "demo"
    counts = DemoCounts(weak=24, in_domain=8, out_of_domain=4, strong=4, validation=10, test=8)
    make_demo(root, seed=3, counts=counts)
    return root


@pytest.fixture(scope="session")
def micro(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight clips of two seconds, for jobs with `tests.faults.micro.MICRO`; tests must not change them."""
    from tests.faults.micro import make_micro

    root = tmp_path_factory.mktemp("micro") / "corpus"
    make_micro(root)
    return root


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tracking database without runs, made once; copied by `place`."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    script = "from kd.tracking.store import open_store; open_store()"
    env = {**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{path}"}
    subprocess.run([sys.executable, "-c", script], cwd=path.parent, env={**env, "PYTHONPATH": str(ROOT)}, check=True)
    return path


@dataclass
class Place:
    """Fresh stores, and a way to run entry points on them."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    forks: Forks | None = None

    def words(self, name: str, **parameters: object) -> list[str]:
        """The command line of an entry point."""
        given = [word for key, value in parameters.items() for word in (f"--{key}", str(value))]
        return [sys.executable, "-m", f"entrypoints.{name}", *given]

    def run(self, name: str, **parameters: object) -> "subprocess.CompletedProcess[str]":
        """Run an entry point to its end."""
        return subprocess.run(
            self.words(name, **parameters), cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=500
        )

    def ask(self, name: str, **parameters: object) -> "subprocess.CompletedProcess[str]":
        """`run`, without the seconds that imports take."""
        assert self.forks is not None
        words = self.words(name, **parameters)[3:]
        return self.forks.run(name, words, folder=self.folder, env=self.env)

    def start(self, name: str, **parameters: object) -> "subprocess.Popen[str]":
        """Start an entry point."""
        return subprocess.Popen(
            self.words(name, **parameters),
            cwd=self.folder,
            env=self.env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def launch(self, name: str, **parameters: object) -> "subprocess.Popen[str]":
        """Start an entry point by `mlflow run`, in a process group of its own."""
        given = [word for key, value in parameters.items() for word in ("-P", f"{key}={value}")]
        words = [sys.executable, "-m", "mlflow", "run", str(ROOT), "-e", name, "--env-manager", "local", *given]
        path = f"{Path(sys.executable).parent}{os.pathsep}{self.env['PATH']}"
        return subprocess.Popen(
            words,
            cwd=self.folder,
            env={**self.env, "PATH": path},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def python(self, script: str) -> str:
        """Run a script on these stores; what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=500
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """A process that has imported everything."""
    process = Forks(ROOT)
    yield process
    process.close()


@pytest.fixture(scope="session")
def new_place(tmp_path_factory: pytest.TempPathFactory, empty_store: Path) -> Callable[[], Place]:
    """Makes places with stores of their own."""

    def make() -> Place:
        folder = tmp_path_factory.mktemp("place")
        for path in empty_store.parent.glob("mlflow.db*"):
            shutil.copy(path, folder / path.name)
        env = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "KD_"))}
        env |= {
            "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}",
            "KD_OPTUNA_URI": f"sqlite:///{folder / 'optuna.db'}",
            "KD_HOME": str(folder / "home"),
            "PYTHONPATH": str(ROOT),
        }
        return Place(folder, env)

    return make


@pytest.fixture
def place(new_place: Callable[[], Place]) -> Place:
    """Fresh stores."""
    return new_place()


@pytest.fixture
def asked(place: Place, forks: Forks) -> Place:
    """Fresh stores, for commands that are answered at once."""
    place.forks = forks
    return place


@pytest.fixture
def registry(place: Place, monkeypatch: pytest.MonkeyPatch) -> "Registry":
    """A registered model of four versions."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):  # MLflow keeps the second in the environment
        monkeypatch.setenv(name, place.env["MLFLOW_TRACKING_URI"])
    from kd.tracking.registry import Registry
    from kd.tracking.store import open_store

    client = open_store()
    registry = Registry(client, "kd-test")
    registry.ensure()
    run = client.create_run("0")
    for _ in range(4):
        client.create_model_version("kd-test", f"runs:/{run.info.run_id}/model", run_id=run.info.run_id)
    return registry


@pytest.fixture(scope="session")
def finished(new_place: Callable[[], Place], corpus: Path) -> tuple[Place, str]:
    """A finished job of two passes, and what it printed."""
    from tests.jobs import QUICK

    place = new_place()
    done = place.run("iterate", data=corpus, **QUICK)
    assert done.returncode == 0, done.stderr
    return place, done.stdout + done.stderr


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scene corpus: six training and two evaluation clips of each scene."""
    from kd.scenes.demo import SceneCounts, make_scene_demo

    root = tmp_path_factory.mktemp("scenes") / "corpus"
    make_scene_demo(root, counts=SceneCounts(train=6, evaluate=2))
    return root


@pytest.fixture
def own_scenes(scenes: Path, tmp_path: Path) -> Path:
    """A copy of it to spoil."""
    return Path(shutil.copytree(scenes, tmp_path / "own"))
