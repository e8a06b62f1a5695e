"""Aliases move together, through crashes and beside people."""

import pytest

from kd.errors import UserError
from kd.tracking.aliases import OUTSIDE, AliasMoves
from kd.tracking.ledger import LONGEST, Ledger, new_entry
from kd.tracking.registry import Registry, Version, f1_tags, parse_address
from tests.power_cuts import Failing, PowerCut


def failing(registry: Registry, left: int, *calls: str) -> AliasMoves:
    """Alias moves whose process ends before a call of the store."""
    return AliasMoves(Registry(Failing(registry.client, left, *calls), registry.name))


FIRST = {"best-a": 1, "best-b": 1, "merged": 2}
SECOND = {"best-a": 3, "best-b": 1, "merged": 4}
MOVE = "set_registered_model_alias"


@pytest.mark.parametrize("moves", [0, 1, 2])
def test_a_crash_between_moves_is_finished_at_the_next_start(registry: Registry, moves: int) -> None:
    AliasMoves(registry).move(FIRST, why="pass 1", about={"pass": 1})
    broken = failing(registry, moves, MOVE)
    if moves < 2:
        with pytest.raises(PowerCut):
            broken.move(SECOND, why="pass 2", about={"pass": 2})
    else:
        broken.move(SECOND, why="pass 2", about={"pass": 2})
    assert AliasMoves(registry).reconcile() == {}
    assert registry.aliases() == SECOND
    assert AliasMoves(registry).last() == {"pass": 2}


@pytest.mark.parametrize("longest", [LONGEST, 60])
def test_a_crash_between_any_two_calls_of_the_store_leaves_all_or_nothing(
    registry: Registry, longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kd.tracking.ledger.LONGEST", longest)
    AliasMoves(registry).move(FIRST, why="pass 1", about={})
    targets: dict[str, int | None] = {**SECOND, "best-c": 2, "merged": None}
    after = {"best-a": 3, "best-b": 1, "best-c": 2}
    seen = set()
    for left in range(1000):
        try:
            failing(registry, left).move(targets, why="pass 2", about={"left": left})
            break
        except PowerCut:
            pass
        moves = AliasMoves(registry)
        assert moves.reconcile() == {}
        entries = moves.ledger.entries()
        assert all(entry.status == "done" and entry.kind == "job" for entry in entries)
        began = registry.aliases() == after
        assert began or registry.aliases() == FIRST
        assert (entries[-1].aliases == {"best-a": (1, 3), "best-c": (None, 2), "merged": (2, None)}) == began
        seen.add(began)
        moves.move({**FIRST, "best-c": None}, why="back", about={})
    assert seen == {True, False} and registry.aliases() == after
    assert any(".2" in key for key in registry.tags()) == (longest < LONGEST)


def test_entries_say_who_moved_what_when_and_why(registry: Registry) -> None:
    moves = AliasMoves(registry)
    first = moves.move(FIRST, why="pass 1", about={"pass": 1}, run="r1")
    assert moves.move(FIRST, why="pass 2", about={"pass": 2}) is None
    moves.move({"best-a": 3, "best-b": 1}, why="manual", kind="person", run="r2")
    entries = moves.ledger.entries()
    assert [(e.number, e.status, e.kind, e.why, e.run) for e in entries] == [
        (1, "done", "job", "pass 1", "r1"),
        (2, "done", "person", "manual", "r2"),
    ]
    assert first is not None and entries[0].aliases == first.aliases
    assert entries[1].aliases == {"best-a": (1, 3)}
    assert "@" in entries[1].by and entries[1].at.endswith("+00:00")
    assert moves.last() == {"pass": 1}
    assert {key for key in registry.tags() if key.startswith("kd.")} == {"kd.move.000001", "kd.move.000002"}


def test_a_long_entry_goes_into_several_tags(registry: Registry) -> None:
    ledger = Ledger(registry)
    aliases = {f"best-{i:03d}-{'x' * 150}": (None if i % 2 else i, i + 1) for i in range(200)}
    entry = new_entry([], aliases, kind="job", why="pass 1", about={"corpus": "é" * 64})
    ledger.write(entry)
    assert ledger.entries() == [entry]
    ledger.finish(entry)
    assert ledger.entries()[0].status == "done" and ledger.entries()[0].aliases == aliases
    lengths = [len(value) for key, value in registry.tags().items() if key.startswith("kd.move.")]
    assert len(lengths) > 5 and max(lengths) <= LONGEST


def test_a_persons_move_is_a_persons_until_the_alias_is_moved_again(registry: Registry) -> None:
    moves = AliasMoves(registry)
    moves.move(FIRST, why="pass 1")
    registry.move("best-b", 4)
    assert moves.reconcile() == moves.reconcile() == {"best-b": 4}
    moves.move({"merged": 3}, why="pass 2")
    assert moves.reconcile() == {"best-b": 4}
    moves.move({"best-b": 4}, why="pass 2")
    assert moves.reconcile() == {} and registry.aliases() == {"best-a": 1, "best-b": 4, "merged": 3}


def test_a_recorded_move_of_a_person_is_honoured_like_one_in_the_ui(registry: Registry) -> None:
    moves = AliasMoves(registry)
    moves.move(FIRST, why="pass 1")
    moves.move({"best-b": 4}, why="significant", kind="person")
    assert moves.reconcile() == {"best-b": 4}
    moves.move({"best-b": 1}, why="undo of 2", kind="person")
    assert moves.reconcile() == {}


def test_moves_in_the_ui_are_recorded_once(registry: Registry) -> None:
    moves = AliasMoves(registry)
    moves.move(FIRST, why="pass 1")
    registry.move("best-b", 4)
    registry.unset("best-a")
    registry.move("own", 2)
    assert moves.reconcile() == moves.reconcile() == {"best-b": 4}
    (entry,) = [entry for entry in moves.ledger.entries() if entry.why == OUTSIDE]
    assert entry.aliases == {"best-a": (1, None), "best-b": (1, 4), "own": (None, 2)}
    assert (entry.kind, entry.status) == ("person", "done")


def test_a_persons_move_during_a_crash_is_kept(registry: Registry) -> None:
    AliasMoves(registry).move(FIRST, why="pass 1")
    with pytest.raises(PowerCut):
        failing(registry, 0, MOVE).move(SECOND, why="pass 2")
    registry.move("best-a", 2)
    assert AliasMoves(registry).reconcile() == {"best-a": 2}
    assert registry.aliases() == {"best-a": 2, "best-b": 1, "merged": 4}


def test_a_pending_move_onto_a_version_that_is_gone_is_passed_over(registry: Registry) -> None:
    AliasMoves(registry).move(FIRST, why="pass 1")
    with pytest.raises(PowerCut):
        failing(registry, 0, MOVE).move(SECOND, why="pass 2")
    registry.client.delete_model_version(registry.name, "3")
    assert AliasMoves(registry).reconcile() == {"best-a": 1}
    assert registry.aliases() == {"best-a": 1, "best-b": 1, "merged": 4}


@pytest.mark.parametrize(
    "value", ["", "{}", "[]", '{"parts": 2, "aliases": {}}', '{"parts": 1, "aliases": {"a": [1]}}']
)
def test_a_spoilt_tag_is_named(registry: Registry, value: str) -> None:
    registry.set_tag("kd.move.000001", value)
    with pytest.raises(UserError, match=r"kd\.move\.000001"):
        Ledger(registry).entries()


def test_f1_survives_its_tag_exactly() -> None:
    tags = f1_tags(tuned={"Alarm bell": 1 / 3, "Cat": None})
    version = Version("m", 1, "", tags)
    assert version.f1("Alarm bell", "tuned") == 1 / 3 and version.f1("Cat", "tuned") == 0
    assert version.scores("tuned") == {"Alarm bell": 1 / 3, "Cat": None} and version.scores("fixed") == {}


@pytest.mark.parametrize(
    "address", ["kd-sed", "models:/", "models:/kd-sed", "models:/kd-sed/x", "runs:/a/b", "models:/@m"]
)
def test_what_is_no_model_address_is_refused(address: str) -> None:
    with pytest.raises(UserError, match="no model address"):
        parse_address(address)


def test_model_addresses() -> None:
    assert parse_address("models:/kd-sed@merged") == ("kd-sed", "merged", "")
    assert parse_address("models:/kd-sed/12") == ("kd-sed", "", "12")
