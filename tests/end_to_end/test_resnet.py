"""The residual network beside the recurrent ones: in the loop, in the merge, alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Place
from tests.forks import Forks
from tests.jobs import results_of

QUICK = {"passes": 2, "steps": 4, "batch": 4, "smoothings": "median", "threads": 1, "width": 0.05, "tuning": "off"}
MOVE = """
import mlflow
client = mlflow.MlflowClient()
aliases = client.get_registered_model("kd-sed").aliases
for number, alias in enumerate(sorted(alias for alias in aliases if alias.startswith("best-"))):
    client.set_registered_model_alias("kd-sed", alias, {versions}[number % 2])"""


@pytest.fixture(scope="module")
def job(new_place: Callable[[], Place], corpus: Path, forks: Forks) -> tuple[Place, str, dict[str, Any]]:
    """A finished job of a shallow and a residual network, what it printed, and its results."""
    place = new_place()
    place.forks = forks
    done = place.ask("iterate", data=corpus, architectures="shallow,resnet", strong="train/synthetic", **QUICK)
    assert done.returncode == 0, done.stderr
    return place, done.stdout, results_of(place)


def test_both_kinds_train_in_both_passes_on_features_of_their_own(job: tuple[Place, str, dict[str, Any]]) -> None:
    place, text, record = job
    names = [[candidate["name"] for candidate in each["candidates"]] for each in record["passes"]]
    assert names == [["shallow", "resnet"], ["shallow-median", "resnet-median"]]
    assert "64 log-mel bands at 16000 Hz, 240 frames of 41.5 ms" in text
    assert "64 log-mel bands at 44100 Hz, 1024 frames of 9.8 ms" in text
    kinds = sorted(path.name[:8] for path in (place.folder / "home" / "features").iterdir())
    assert kinds == ["s1-16000", "s2-44100"]


def test_champions_of_different_frames_are_merged_on_the_finest(
    job: tuple[Place, str, dict[str, Any]], corpus: Path
) -> None:
    place, _, record = job
    versions = [candidate["version"] for candidate in record["passes"][1]["candidates"]]
    place.python(MOVE.format(versions=versions))
    done = place.ask("merge", data=corpus)
    assert done.returncode == 0, done.stderr
    assert "merged 2 networks on a grid of 240 frames" in done.stdout


@pytest.mark.slow
def test_a_residual_network_is_trained_alone(asked: Place, corpus: Path) -> None:
    done = asked.ask(
        "train",
        data=corpus,
        architecture="resnet",
        labels="strong",
        strong="train/synthetic",
        steps=3,
        batch=2,
        width=0.05,
    )
    assert done.returncode == 0 and "models:/kd-sed/1" in done.stdout, done.stderr
    assert "16000 Hz" not in done.stdout
