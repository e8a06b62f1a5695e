"""Steps and features from one machine to another by a depot: a folder, and a local S3 server."""

import importlib
import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kd.audio.spec import s1
from kd.audio.store import ClipFeatures, FeatureStore, Source
from kd.depot import Depot, depot, name_of
from kd.errors import UserError
from kd.passes.steps import Steps, here
from tests.s3 import BUCKET, needs_s3, s3_server

CODE = ("kd.depot",)


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    with s3_server() as env:
        yield env


@pytest.fixture(params=["file", pytest.param("s3", marks=needs_s3)])
def address(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a depot that `KD_DEPOT` names."""
    found = (tmp_path / "depot").as_uri()
    if request.param == "s3":
        for key, value in request.getfixturevalue("s3").items():
            monkeypatch.setenv(key, value)
        found = f"s3://{BUCKET}/{tmp_path.name}"
    monkeypatch.setenv("KD_DEPOT", found)
    return found


def at(home: Path, monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Steps of a machine."""
    monkeypatch.setenv("KD_HOME", str(home))
    return Steps(home / "jobs" / "steps")


def made(steps: Steps, text: str = "made") -> Path:
    """A step of two files."""

    def make(outputs: Path, scratch: Path) -> None:
        (outputs / "network").mkdir()
        (outputs / "network" / "weights").write_text(text)
        (outputs / "losses.json").write_text("[]")

    return steps.run("train", code=CODE, inputs={"a": 1}, make=make)


def never(outputs: Path, scratch: Path) -> None:
    raise AssertionError


def test_a_step_made_on_one_machine_is_there_on_the_other(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(at(tmp_path / "first", monkeypatch))
    steps = at(tmp_path / "second", monkeypatch)
    found = steps.run("train", code=CODE, inputs={"a": 1}, make=never)
    assert (found / "network" / "weights").read_text() == "made" and steps.is_whole(found)
    third = at(tmp_path / "third", monkeypatch).folder / found.name / "network"
    assert not third.exists() and (here(third) / "weights").read_text() == "made"
    assert {path.name for path in third.parent.parent.iterdir()} == {found.name}


def test_what_is_half_there_is_made_again(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = made(at(tmp_path / "first", monkeypatch))
    place = depot()
    assert place is not None
    place.keep(f"{name_of(first)}/network/weights", b"mad")
    steps = at(tmp_path / "second", monkeypatch)
    assert (made(steps, "again") / "network" / "weights").read_text() == "again"


def test_what_is_nowhere_is_said(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = at(tmp_path / "first", monkeypatch)
    with pytest.raises(UserError, match="neither on this machine nor in the depot"):
        here(steps.folder / f"train-{'0' * 32}" / "network")


def test_features_are_copied_as_far_as_they_are_needed(
    address: str, micro: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kd.audio.store.CHUNK", 3)
    monkeypatch.setattr("kd.audio.store_elsewhere.ROWS", 3)
    monkeypatch.setenv("KD_HOME", str(tmp_path / "first"))
    spec = s1(rate=16000, seconds=2)
    sources = [Source(path, str(i)) for i, path in enumerate(sorted(micro.rglob("*.wav")))]
    monkeypatch.delenv("KD_DEPOT")
    FeatureStore(tmp_path / "first" / "features", spec).get(sources[:4])  # before there was a depot
    monkeypatch.setenv("KD_DEPOT", address)
    features = FeatureStore(tmp_path / "first" / "features", spec).get(sources)
    want = np.array(features.batch(np.arange(len(sources))))
    sent = [pickle.dumps(features.of([i])) for i in (7, 0)] + [pickle.dumps(features)]
    (tmp_path / "first").rename(tmp_path / "gone")
    monkeypatch.setenv("KD_HOME", str(tmp_path / "second"))
    last, first, everything = (pickle.loads(each) for each in sent)
    assert isinstance(last, ClipFeatures) and "second" in str(last.array.filename)
    assert np.array_equal(last.batch(np.array([0]))[0], want[7]) and np.array_equal(
        first.batch(np.array([0]))[0], want[0]
    )
    assert np.array_equal(everything.batch(np.arange(len(sources))), want)
    copies = list((tmp_path / "second" / "depot").rglob("frames"))
    assert len(copies) == 1 and copies[0].read_bytes() == want.tobytes()


@pytest.mark.parametrize("wrong", ["nosuch://place", pytest.param("s3://kept/x", marks=needs_s3), "file:///proc/depot"])
def test_a_depot_that_cannot_be_used_is_one_clear_line(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if wrong.startswith("s3"):
        importlib.import_module("s3fs").S3FileSystem.clear_instance_cache()
    for key, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "KD_DEPOT": wrong,
    }.items():
        monkeypatch.setenv(key, value)
    steps = at(tmp_path / "first", monkeypatch)
    with pytest.raises(UserError, match="depot") as caught:
        made(steps)
    assert "\n" not in caught.value.message and caught.value.hint
    assert not any(steps.is_whole(each) for each in steps.folder.iterdir() if not each.suffix)


def test_its_address_hides_passwords() -> None:
    with pytest.raises(UserError) as caught:
        Depot("nosuch://me:secret@host/place")
    assert "secret" not in caught.value.message
