"""What a detector must pass on its way to use."""

from collections.abc import Mapping
from typing import Any

import pytest

from kd.errors import UserError
from kd.promotion.gates import Gate, Limits, gates, refusal

LIMITS = Limits(class_drop=0.02, calibration=0.1, latency=1.0)
OLD = {"Cat": 0.5, "Dog": 0.5, "Hen": None}


def figures(f1: Mapping[str, float | None], *, error: float = 0.05) -> dict[str, Any]:
    known = [value for value in f1.values() if value is not None]
    return {
        "event_based": {
            "macro": {"f1": sum(known) / len(known) if known else None},
            "classes": {label: {"f1": value} for label, value in f1.items()},
        },
        "calibration": {"tempered": {"error": error}},
    }


def failed(found: list[Gate]) -> list[str]:
    return [gate.name for gate in found if not gate.passed]


@pytest.mark.parametrize(
    ("new", "error", "latency", "lost", "names"),
    [
        ({"Cat": 0.5, "Dog": 0.5}, 0.1, 1.0, [], []),
        ({"Cat": 0.48, "Dog": 0.52}, 0.05, 0.5, [], []),
        ({"Cat": 0.479, "Dog": 0.53}, 0.05, 0.5, [], ["event F1 of Cat, %"]),
        ({"Cat": 0.5, "Dog": 0.49}, 0.05, 0.5, [], ["macro event F1, %"]),
        ({"Cat": 1.0, "Dog": None}, 0.05, 0.5, [], ["event F1 of Dog, %"]),
        ({"Cat": 0.6, "Dog": 0.6}, 0.101, 1.001, [], ["calibration error", "latency, ms"]),
        ({"Cat": 0.6, "Dog": 0.6}, 0.05, 0.5, ["Hen"], ["classes lost"]),
    ],
)
def test_gates(new: dict[str, float | None], error: float, latency: float, lost: list[str], names: list[str]) -> None:
    found = gates(figures(new, error=error), figures(OLD), lost=lost, latency=latency, limits=LIMITS)
    assert failed(found) == names
    told = refusal(found, stage="production", closer="compare")
    assert (told is None) == (not names)


def test_a_refusal_names_both_figures() -> None:
    new = figures({"Cat": 0.25, "Dog": 0.5}, error=0.2)
    told = refusal(
        gates(new, figures(OLD), lost=(), latency=0.5, limits=LIMITS), stage="production", closer="compare x"
    )
    assert told is not None
    for words in ("production", "37.50 %", "50.00 %", "Cat is 25.00 %", "0.2000, more than 0.1"):
        assert words in told.message
    assert "compare x" in told.hint and "gates=off" in told.hint and "ms" not in told.message


def test_where_nothing_stands_there_is_nothing_to_lose() -> None:
    found = gates(figures({"Cat": 0.0}), None, lost=(), latency=0.5, limits=LIMITS)
    assert [gate.name for gate in found] == ["calibration error", "latency, ms"] and not failed(found)


def test_a_split_without_events_is_named() -> None:
    with pytest.raises(UserError, match="no event"):
        gates(figures({"Cat": None}), None, lost=(), latency=0.5, limits=LIMITS)
