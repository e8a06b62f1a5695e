"""Tagging F1 on cases worked out by hand."""

import numpy as np
import pytest

from kd.errors import UserError
from kd.scoring.tagging_f1 import tagging, tagging_of_probabilities

REFERENCE = {"x": ["a", "b"], "y": ["a"], "z": []}
PREDICTED = {"x": ["a"], "y": ["b"]}


def test_by_hand() -> None:
    scores = tagging(REFERENCE, PREDICTED)
    assert scores.classes["a"].to_dict() == {"f1": 2 / 3, "precision": 1.0, "recall": 0.5}
    assert scores.classes["b"].to_dict() == {"f1": 0.0, "precision": 0.0, "recall": 0.0}
    assert scores.macro.to_dict() == {"f1": 1 / 3, "precision": 0.5, "recall": 0.25}
    assert scores.micro.to_dict() == {"f1": 0.4, "precision": 0.5, "recall": 1 / 3}


def test_probabilities_and_sets_agree() -> None:
    targets = [[1, 1], [1, 0], [0, 0]]
    probabilities = [[0.5, 0.1], [0.49, 0.9], [0.0, 0.2]]
    ours = tagging_of_probabilities(targets=targets, probabilities=probabilities, classes=["a", "b"])
    assert ours.to_dict() == tagging(REFERENCE, PREDICTED).to_dict()
    strict = tagging_of_probabilities(
        targets=targets, probabilities=probabilities, classes=["a", "b"], thresholds=[0.6, 0.95]
    )
    assert strict.micro.f1 == 0.0


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="clips, 2"):
        tagging_of_probabilities(targets=[[1]], probabilities=[[1]], classes=["a", "b"])
    with pytest.raises(ValueError, match="NaN"):
        tagging_of_probabilities(targets=[[1]], probabilities=[[np.nan]], classes=["a"])
    with pytest.raises(UserError, match="does not"):
        tagging(REFERENCE, {"w": ["a"]})
