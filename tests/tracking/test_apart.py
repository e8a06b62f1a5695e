"""A detector's folder, looked up by another process."""

import os
from pathlib import Path

import pytest

from kd.errors import UserError
from kd.tracking.apart import looked_up
from tests.conftest import Place


@pytest.fixture
def store(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Fresh stores, which this process uses."""
    for name in ("MLFLOW_TRACKING_URI", "KD_HOME"):
        monkeypatch.setenv(name, place.env[name])
    return place


def test_a_folder_is_given_as_it_is(tmp_path: Path) -> None:
    with looked_up(str(tmp_path)) as folder:
        assert folder() == tmp_path


def test_what_stands_in_the_way_is_said_when_it_is_asked_for(store: Place) -> None:
    with looked_up("models:/nobody@merged") as folder, pytest.raises(UserError, match="nobody"):
        folder()


def test_a_relative_store_is_looked_for_where_the_user_is(
    store: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///here/nothing.db")
    monkeypatch.chdir(tmp_path)
    with looked_up("models:/kd-sed/1") as folder, pytest.raises(UserError, match=str(tmp_path / "here")):
        folder()


def test_who_does_not_wait_leaves_no_process(store: Place) -> None:
    before = children()
    with looked_up("models:/kd-sed/1"):
        assert set(children()) > set(before)
    assert children() == before


def children() -> list[str]:
    """Processes that the main thread of this one has started."""
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
