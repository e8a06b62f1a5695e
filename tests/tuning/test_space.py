"""What may be chosen, and what settings fit."""

from typing import Any

import pytest

from kd.errors import UserError
from kd.tuning.space import Choice, Kind, Real, Space, Whole

SPACE = Space(
    {"w": Whole(1, 9, step=2), "t": Real(0.5, 4.5, log=True), "s": Real(0, 1, step=0.1), "c": Choice(("a", 1, None))}
)
FITTING = {"w": 3, "t": 2.0, "s": 0.3, "c": "a"}


def test_settings_come_in_the_order_of_the_space_and_as_its_types() -> None:
    read = SPACE.checked({"c": None, "s": 1, "t": 2, "w": 9}, what="given")
    assert list(read) == list(SPACE) == ["w", "t", "s", "c"]
    assert read == {"w": 9, "t": 2.0, "s": 1.0, "c": None}
    assert isinstance(read["t"], float) and isinstance(read["s"], float)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"w": 4}, "w=4 is not 1 plus steps of 2"),
        ({"w": 11}, "w=11 is outside 1 to 9"),
        ({"w": 3.0}, "w=3.0 is not a whole number"),
        ({"w": True}, "w=True is not a whole number"),
        ({"t": 0.4999}, "t=0.4999 is outside 0.5 to 4.5"),
        ({"t": float("nan")}, "t=nan is outside"),
        ({"t": "2"}, "t='2' is not a number"),
        ({"s": 0.35}, "s=0.35 is not 0 plus steps of 0.1"),
        ({"c": True}, "c=True is none of 'a', 1, None"),
        ({"c": "b"}, "c='b' is none of"),
        ({"tt": 1}, "unknown setting 'tt'"),
    ],
)
def test_a_value_that_does_not_fit_is_an_error_and_is_not_clamped(change: dict[str, Any], says: str) -> None:
    assert SPACE.checked(FITTING, what="given") == FITTING
    with pytest.raises(UserError, match=r"^given: ") as caught:
        SPACE.checked({**FITTING, **change}, what="given")
    assert says in caught.value.message


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(UserError, match="given: no value for 's'"):
        SPACE.checked({name: FITTING[name] for name in ("w", "t", "c")}, what="given")


@pytest.mark.parametrize(
    "kind",
    [
        Whole(3, 2),
        Whole(1, 8, step=2),
        Whole(1, 8, step=0),
        Whole(0, 8, log=True),
        Whole(1, 9, step=2, log=True),
        Real(1, 0),
        Real(0, float("inf")),
        Real(0, 1, log=True),
        Real(1, 2, log=True, step=0.1),
        Real(0, 1, step=0.3),
        Real(0, 1, step=-0.1),
        Choice(()),
        Choice((1, True)),
        Choice(("a", "a")),
        Choice((float("nan"),)),
        Choice(([1],)),  # type: ignore[arg-type]
    ],
)
def test_a_kind_that_holds_nothing_sensible_is_an_error(kind: Kind) -> None:
    assert kind.fault()
    with pytest.raises(UserError, match=r"^k: "):
        Space({"k": kind})


def test_a_space_of_nothing_is_an_error() -> None:
    with pytest.raises(UserError, match="nothing to tune"):
        Space({})


def test_optuna_sees_the_same_bounds_steps_and_values() -> None:
    seen = SPACE.distributions()
    assert (seen["w"].low, seen["w"].high, seen["w"].step) == (1, 9, 2)
    assert (seen["t"].low, seen["t"].high, seen["t"].log, seen["t"].step) == (0.5, 4.5, True, None)
    assert (seen["s"].high, seen["s"].step) == (1.0, 0.1)
    assert seen["c"].choices == ("a", 1, None)


def test_spaces_are_described_apart() -> None:
    kinds: list[Kind] = [Real(1, 2), Whole(1, 2), Whole(1, 2, log=True), Choice((1, 2)), Choice((2, 1))]
    described = [repr(Space({"k": kind}).described()) for kind in kinds]
    assert len(set(described)) == len(kinds)
