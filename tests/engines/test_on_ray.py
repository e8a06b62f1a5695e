"""A Ray cluster of this machine: the contract of workers, and a job that ends as it does without."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kd.audio.spec import s1
from kd.audio.store import ClipFeatures, FeatureStore, Source
from kd.engines.on_ray import RayWorkers
from kd.errors import UserError
from kd.models.build import build
from kd.models.config import ModelConfig
from kd.models.files import save_model
from kd.passes.networks import Prediction
from kd.passes.steps import Steps
from kd.tracking.store import check_shared
from tests.conftest import Place
from tests.engines.test_workers import process_id, slower_first, suicide, unsendable, wrong
from tests.faults.test_bad_input import refused
from tests.jobs import QUICK, results_of, tags_of, without_identity

pytest.importorskip("ray")


@pytest.fixture(scope="module")
def workers() -> Iterator[RayWorkers]:
    """Two at a time."""
    with RayWorkers(2, address="local") as found:
        yield found


def test_results_come_in_order_and_what_was_told_first_and_last(workers: RayWorkers) -> None:
    heard: list[tuple[int, Any]] = []
    results = list(workers.each(slower_first, range(5), lambda index, said: heard.append((index, said))))
    assert results == [(i * i, bytes(1_000_000)) for i in range(5)]
    for item in range(5):
        assert [said for index, said in heard if index == item] == [("begun", item), ("ended", item)]


def test_processes_stay_between_calls(workers: RayWorkers) -> None:
    list(workers.each(process_id, range(4)))
    assert len(set(workers.each(process_id, range(4))) | set(workers.each(process_id, range(4)))) <= 3


def test_the_first_error_arrives_with_its_trace(workers: RayWorkers) -> None:
    with pytest.raises(UserError) as error:
        list(workers.each(wrong, range(3)))
    assert error.value.hint == "leave it out" and "in wrong" in error.value.__notes__[0]


def dies_once(item: Path, tell: Callable[[Any], None]) -> int:
    """Its process is killed the first time."""
    if not item.exists():
        item.touch()
        suicide(1, tell)
    time.sleep(0.01)
    return 7


def test_what_a_killed_process_was_at_is_done_again(workers: RayWorkers, tmp_path: Path) -> None:
    assert list(workers.each(dies_once, [tmp_path / "a", tmp_path / "b"])) == [7, 7]


@pytest.mark.slow
def test_what_kills_every_process_is_one_clear_line(workers: RayWorkers) -> None:
    with pytest.raises(UserError, match="gave up on a task"):
        list(workers.each(suicide, [1]))


def test_an_answer_that_cannot_be_sent_is_said(workers: RayWorkers) -> None:
    assert next(workers.each(unsendable, [3]))() == 3  # a cluster can send what pipes cannot


def test_features_of_shards_are_those_of_threads(
    workers: RayWorkers, micro: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kd.audio.extract.SHARD", 3)
    spec = s1(rate=16000, seconds=2)
    sources = [Source(path, str(i)) for i, path in enumerate(sorted(micro.rglob("*.wav")))]
    here, there = (FeatureStore(tmp_path / name, spec) for name in ("here", "there"))
    want, found = here.get(sources), there.get(sources, pool=workers)
    assert len(found) == len(sources) > 3
    assert np.array_equal(found.array, want.array) and np.array_equal(found.seconds, want.seconds)


def test_logits_of_shards_are_those_of_whole_splits(
    workers: RayWorkers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kd.passes.networks.SHARD", 8)
    config = ModelConfig("shallow", ("a", "b"))
    network, spec = build(config), s1(rate=16000, seconds=10)
    network.set_statistics(np.zeros(64, np.float32), np.ones(64, np.float32))
    save_model(tmp_path / "network", network, config, {})
    rng = np.random.default_rng(0)
    clips = ClipFeatures(rng.standard_normal((20, 240, 64), np.float32), np.arange(20), np.full(20, 10.0))
    found = [
        Prediction(Steps(tmp_path / name), tmp_path / "network", spec, "clips", "float32").run(lambda: clips, pool=by)
        for name, by in (("here", None), ("there", workers))
    ]
    assert found[0].shape == (20, 240, 2) and np.array_equal(*found)


def test_no_cluster_is_said() -> None:
    with pytest.raises(UserError, match="no Ray cluster answers"), RayWorkers(1, address="127.0.0.1:1") as nobody:
        list(nobody.each(process_id, range(1)))


def test_a_file_is_no_store_for_several_machines(place: Place, micro: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(place.run("iterate", data=micro, engine="ray", address="auto", **QUICK), "for several machines")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking:5000")
    check_shared(engine="ray", address="auto")


@pytest.mark.slow
def test_a_job_on_ray_ends_as_one_without(new_place: Callable[[], Place], corpus: Path) -> None:
    found = []
    for engine in ("local", "ray"):
        place = new_place()
        done = place.run("iterate", data=corpus, engine=engine, **QUICK)
        assert done.returncode == 0, done.stderr
        tags = tags_of(place)
        found.append((without_identity(results_of(place)), {key: _lasting(each) for key, each in tags.items()}))
    assert json.dumps(found[0], sort_keys=True) == json.dumps(found[1], sort_keys=True)


def _lasting(tags: dict[str, Any]) -> dict[str, Any]:
    """Tags of a version that the same job gives again elsewhere."""
    return {
        key: value for key, value in tags.items() if key.startswith(("kd.f1", "kd.kind", "kd.pass", "kd.champions"))
    }
