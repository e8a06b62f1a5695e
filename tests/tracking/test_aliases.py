"""Aliases move together, through crashes and beside people."""

from typing import Any

import pytest

from kd.tracking.aliases import AliasMoves
from kd.tracking.registry import Registry, Version, f1_tags, parse_address
from tests.conftest import Place


class PowerCut(BaseException):
    """The process ends here."""


class Failing(Registry):
    """A registry whose process ends before its n-th move."""

    def __init__(self, client: Any, name: str, left: int) -> None:
        super().__init__(client, name)
        self.left = left

    def move(self, alias: str, version: int) -> None:
        if self.left == 0:
            raise PowerCut
        self.left -= 1
        super().move(alias, version)


@pytest.fixture
def registry(place: Place, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registered model of four versions."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", place.env["MLFLOW_TRACKING_URI"])
    from kd.tracking.store import open_store

    client = open_store()
    registry = Registry(client, "kd-test")
    registry.ensure()
    run = client.create_run("0")
    for _ in range(4):
        client.create_model_version("kd-test", f"runs:/{run.info.run_id}/model", run_id=run.info.run_id)
    return registry


FIRST = {"best-a": 1, "best-b": 1, "merged": 2}
SECOND = {"best-a": 3, "best-b": 1, "merged": 4}


@pytest.mark.parametrize("moves", [0, 1, 2])
def test_a_crash_between_moves_is_finished_at_the_next_start(registry: Registry, moves: int) -> None:
    AliasMoves(registry).move(FIRST, about={"pass": 1})
    broken = AliasMoves(Failing(registry.client, registry.name, moves))
    if moves < 2:
        with pytest.raises(PowerCut):
            broken.move(SECOND, about={"pass": 2})
    else:
        broken.move(SECOND, about={"pass": 2})
    assert AliasMoves(registry).reconcile() == {}
    assert registry.aliases() == SECOND
    assert AliasMoves(registry).last() == {"pass": 2}


def test_a_persons_move_is_a_persons_until_the_alias_is_moved_again(registry: Registry) -> None:
    moves = AliasMoves(registry)
    moves.move(FIRST, about={})
    registry.move("best-b", 4)
    assert moves.reconcile() == moves.reconcile() == {"best-b": 4}
    moves.move({"merged": 3}, about={})
    assert moves.reconcile() == {"best-b": 4}
    moves.move({"best-b": 4}, about={})
    assert moves.reconcile() == {} and registry.aliases() == {"best-a": 1, "best-b": 4, "merged": 3}


def test_a_persons_move_during_a_crash_is_kept(registry: Registry) -> None:
    AliasMoves(registry).move(FIRST, about={})
    with pytest.raises(PowerCut):
        AliasMoves(Failing(registry.client, registry.name, 0)).move(SECOND, about={})
    registry.move("best-a", 2)
    assert AliasMoves(registry).reconcile() == {"best-a": 2}
    assert registry.aliases() == {"best-a": 2, "best-b": 1, "merged": 4}


def test_f1_survives_its_tag_exactly() -> None:
    tags = f1_tags(tuned={"Alarm bell": 1 / 3, "Cat": None})
    version = Version("m", 1, "", tags)
    assert version.f1("Alarm bell", "tuned") == 1 / 3 and version.f1("Cat", "tuned") == 0


@pytest.mark.parametrize(
    "address", ["kd-sed", "models:/", "models:/kd-sed", "models:/kd-sed/x", "runs:/a/b", "models:/@m"]
)
def test_what_is_no_model_address_is_refused(address: str) -> None:
    from kd.errors import UserError

    with pytest.raises(UserError, match="no model address"):
        parse_address(address)


def test_model_addresses() -> None:
    assert parse_address("models:/kd-sed@merged") == ("kd-sed", "merged", "")
    assert parse_address("models:/kd-sed/12") == ("kd-sed", "", "12")
