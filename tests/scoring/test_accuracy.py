"""Accuracy, confusions and their intervals."""

import numpy as np
import pytest

from kd.scoring.accuracy import Truth, accuracy, between, confusion, most_confused

LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2])
FOUND = np.array([0, 1, 1, 1, 0, 2, 2, 0])


def truth(places: tuple[str, ...] | None = None) -> Truth:
    names = tuple(f"c{i}" for i in range(len(LABELS)))
    return Truth(names, LABELS, ("a", "b", "c"), places or names)


def test_confusions_by_hand() -> None:
    counts = confusion(truth(), FOUND)
    assert counts.tolist() == [[1, 2, 0], [1, 1, 0], [1, 0, 2]]
    assert most_confused(counts) == [(0, 1), (0, 2)] and between(counts, (0, 1)) == 3
    assert most_confused(np.zeros((3, 3), int), pairs=9) == [(0, 1), (0, 2), (1, 2)]


def test_accuracy_by_hand() -> None:
    found = accuracy(truth(), [FOUND])
    assert found["overall"]["value"] == pytest.approx(4 / 8)
    assert [found["classes"][label]["value"] for label in "abc"] == pytest.approx([1 / 3, 1 / 2, 2 / 3])
    assert found["overall"]["low"] < 0.5 < found["overall"]["high"]


def test_differences_are_paired_and_seeds_averaged() -> None:
    better = LABELS.copy()
    same = accuracy(truth(), [FOUND], against=[FOUND])
    assert same["overall"] == {"value": 0, "low": 0, "high": 0, "excludes_zero": False}
    change = accuracy(truth(), [better, FOUND], against=[FOUND])["overall"]
    assert change["value"] == pytest.approx(0.25) and change["seeds"] == {"min": 0.0, "max": 0.5}
    assert change["excludes_zero"] and change["low"] >= 0


def test_clips_of_a_place_are_drawn_together() -> None:
    many = np.repeat(LABELS, 20)
    found = np.repeat(FOUND, 20)
    names = tuple(str(i) for i in range(len(many)))
    by_clip = Truth(names, many, ("a", "b", "c"), names)
    by_place = Truth(names, many, ("a", "b", "c"), tuple(str(i // 20) for i in range(len(many))))
    widths = []
    for each in (by_clip, by_place):
        bounds = accuracy(each, [found])["overall"]
        widths.append(bounds["high"] - bounds["low"])
    assert widths[1] > 2 * widths[0]
