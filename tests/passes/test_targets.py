"""What students learn from, beside what teachers say."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from kd.labels.rule import LabelRule, unheard_left_out
from kd.passes.inputs import Inputs, Part
from kd.passes.targets import learnt_tags

BINARY, SOFT = LabelRule("binary", 1.0, (0.5, 0.5)), LabelRule("soft", 1.0, (0.5, 0.5))


def test_a_class_that_is_known_and_nowhere_heard_has_no_labels_in_that_clip() -> None:
    labels = np.zeros((2, 4, 2), np.float16)
    labels[0, 1, 0] = 1
    tags = np.array([[1, 1], [0, 1]], np.float16)
    found = unheard_left_out(labels, tags)
    assert np.isnan(found).all(axis=1).tolist() == [[False, True], [False, True]]
    np.testing.assert_array_equal(found[:, :, 0], labels[:, :, 0])


def test_tags_are_the_known_ones_or_those_of_the_labels() -> None:
    labels = np.zeros((2, 4, 2), np.float16)
    labels[0, 1, 0] = 1
    labels[1, :, 1] = np.nan
    part = cast(Part, SimpleNamespace(names=["x", "y"], tags=lambda classes: np.array([[0, 1], [1, 0]], np.float16)))
    inputs = cast(Inputs, SimpleNamespace(classes=("a", "b")))

    def tags(role: str, rule: LabelRule) -> Any:
        return learnt_tags(part, labels, role, inputs, rule).tolist()

    assert tags("weak", BINARY) == tags("strong", SOFT) == [[0, 1], [1, 0]]
    heard = learnt_tags(part, labels, "in_domain", inputs, BINARY)
    np.testing.assert_array_equal(heard, [[1, 0], [0, np.nan]])
    assert np.isnan(tags("out_of_domain", SOFT)).all()
