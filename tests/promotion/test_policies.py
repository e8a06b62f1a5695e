"""Which champions a policy moves, on versions that never were."""

import json
from collections.abc import Mapping

import numpy as np
import pytest

from kd.corpus.tables import Event
from kd.errors import UserError
from kd.promotion.bouts import Bouts, significant
from kd.promotion.policies import Proposal, best, manual, numbers
from kd.promotion.settings import PromoteSettings
from kd.scoring.grid import FrameGrid
from kd.scoring.system import FrameScores, System
from kd.tracking.registry import PRUNING, Version, f1_tags


def version(number: int, f1: Mapping[str, float | None], *, corpus: str = "c", **tags: str) -> Version:
    return Version(
        "m", number, "", {"kd.kind": "candidate", "kd.corpus": corpus, **f1_tags(tuned=f1, fixed=f1), **tags}
    )


def registry(*versions: Version) -> dict[int, Version]:
    return {each.number: each for each in versions}


THREE = registry(
    version(1, {"Cat": 0.5, "Dog": 0.25}),
    version(2, {"Cat": 0.5, "Dog": 0.5}),
    version(3, {"Cat": None, "Dog": 0.5}),
)


def moved(found: list[Proposal]) -> dict[str, tuple[int | None, int]]:
    return {each.alias: (each.old, each.new) for each in found if each.moves}


def test_a_strictly_better_version_takes_the_alias_and_ties_keep_it() -> None:
    found = best(THREE, {"best-Cat": 2, "best-Dog": 1}, kind="tuned")
    assert moved(found) == {"best-Dog": (1, 2)}
    assert [each.f1 for each in found] == [(0.5, 0.5), (0.25, 0.5)]
    assert moved(best(THREE, {"best-Cat": 3, "best-Dog": 3}, kind="fixed")) == {"best-Cat": (3, 1)}
    assert moved(best(THREE, {}, kind="tuned")) == {"best-Cat": (None, 1), "best-Dog": (None, 2)}


def test_classes_and_versions_restrict() -> None:
    aliases = {"best-Cat": 3, "best-Dog": 1}
    assert moved(best(THREE, aliases, kind="tuned", classes=["Cat"])) == {"best-Cat": (3, 1)}
    assert moved(best(THREE, aliases, kind="tuned", named=[3])) == {"best-Dog": (1, 3)}


@pytest.mark.parametrize(
    "stranger",
    [
        version(4, {"Dog": 0.9}, corpus="other"),
        version(4, {"Dog": 0.9}, **{"kd.kind": "merged"}),
        version(4, {"Dog": 0.9}, **{PRUNING: "true"}),
        Version("m", 4, "", {"kd.corpus": "c"}),
    ],
)
def test_strangers_do_not_contend_and_may_not_be_named(stranger: Version) -> None:
    versions = {**THREE, 4: stranger}
    assert moved(best(versions, {"best-Cat": 1, "best-Dog": 1}, kind="tuned")) == {"best-Dog": (1, 2)}
    with pytest.raises(UserError, match="version 4"):
        best(versions, {"best-Cat": 1, "best-Dog": 1}, kind="tuned", named=[2, 4])


def test_a_champion_without_f1_is_named() -> None:
    with pytest.raises(UserError, match="best-Dog stands on version 4"):
        best({**THREE, 4: Version("m", 4, "", {})}, {"best-Dog": 4}, kind="tuned")


def test_a_class_that_nobody_knows_is_named() -> None:
    with pytest.raises(UserError, match="no contender knows it") as caught:
        best(THREE, {}, kind="tuned", classes=["Dgo"])
    assert "did you mean 'Dog'?" in caught.value.hint


def test_moves_by_hand_name_aliases_or_classes() -> None:
    found = manual(THREE, {"best-Dog": 1, "merged": 2}, "best-Dog:3, Cat:2,merged:2")
    assert moved(found) == {"best-Dog": (1, 3), "best-Cat": (None, 2)}
    assert found[0].f1 == (0.25, 0.5)


@pytest.mark.parametrize(
    ("moves", "says"),
    [
        ("", "moves= is empty"),
        ("Dog", "no alias and version"),
        ("Dog:", "no alias and version"),
        (":1", "no alias and version"),
        ("Dog:x", "no alias and version"),
        ("Dog:1,", "empty or repeated"),
        ("Dog:9", "no such version"),
        ("Dgo:1", "neither an alias of a class nor a class"),
        ("staging:1", "stages have their own parameter"),
        ("Dog:1,best-Dog:2", "twice"),
        ("Bat:1", "does not know 'Bat'"),
    ],
)
def test_moves_that_cannot_be_are_refused(moves: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        manual({**THREE, 4: version(4, {"Bat": 1.0})}, {}, moves)


def test_a_version_that_prune_began_to_delete_is_not_to_be_had() -> None:
    half = {1: version(1, {"Dog": 1.0}, **{PRUNING: "true"})}
    for ask in (lambda: numbers("1", "versions", half), lambda: manual(half, {}, "Dog:1")):
        with pytest.raises(UserError, match="prune began"):
            ask()


def system(found: bool, clips: int = 12) -> System:
    """A detector of Dog that finds every event, or none; its frames are as likely as they are true."""
    names = tuple(f"{i}.wav" for i in range(clips))
    truth = {name: [Event(0.5, 1.0, "Dog")] for name in names}
    values = np.zeros((clips, 4, 1), np.float32)
    values[:, 1] = 1.0 if found else 0.0
    scores = FrameScores(values, FrameGrid(hop=0.5, window=0.5, frames=4, seconds=2.0), (1,), (0.5,), (1.0,))
    events = scores.events(clips=names, classes=("Dog",))
    return System(clips=names, classes=("Dog",), reference=truth, events=events, scores=scores, closed=True)


def test_significance_holds_back_what_may_be_chance() -> None:
    settings = PromoteSettings(resamples=50)
    bouts = Bouts({}, settings, {1: system(False), 2: system(True), 3: system(True)})
    proposals = [
        Proposal("Dog", "best-Dog", 1, 2),
        Proposal("Dog", "best-Dog", 2, 3),
        Proposal("Dog", "best-Dog", 2, 1),
        Proposal("Dog", "best-Dog", None, 1),
        Proposal("Cat", "best-Cat", 1, 2),
        Proposal("Dog", "best-Dog", 2, 2),
    ]
    clear, chance, worse, first, unknown, same = significant(proposals, bouts)
    assert clear.moves and clear.difference is not None
    assert (clear.difference["value"], clear.difference["low"]) == (1.0, 1.0)
    assert not chance.moves and "not above zero" in chance.held
    assert not worse.moves and worse.difference is not None and worse.difference["high"] == -1.0
    assert first.moves and not unknown.moves and "no events" in unknown.held and not same.moves
    assert set(bouts.found) == {(1, 2), (2, 3), (2, 1)}
    json.dumps([each.to_dict() for each in significant(proposals, bouts)], allow_nan=False)
