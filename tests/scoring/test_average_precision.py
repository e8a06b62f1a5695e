"""Average precision against scikit-learn's."""

import warnings

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kd.scoring.average_precision import average_precision


def test_by_hand() -> None:
    """Ranks: hit, miss, hit and miss tied: 1/2 * 1 + 1/2 * 2/4."""
    ap = average_precision(
        targets=[[1, 0], [0, 0], [1, 0], [0, 0]],
        probabilities=[[0.9, 0.1], [0.8, 0.2], [0.3, 0.3], [0.3, 0.4]],
        classes=["a", "b"],
    )
    assert ap.classes == {"a": 0.75, "b": None}
    assert ap.macro == 0.75


@st.composite
def tables(draw: st.DrawFn) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    clips, classes = draw(st.integers(1, 12)), draw(st.integers(1, 3))
    level = st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(0, 1))
    rows = st.lists(st.lists(level, min_size=classes, max_size=classes), min_size=clips, max_size=clips)
    truth = st.lists(st.lists(st.integers(0, 1), min_size=classes, max_size=classes), min_size=clips, max_size=clips)
    return np.array(draw(truth)), np.array(draw(rows))


@settings(max_examples=150, deadline=None)
@given(tables())
def test_is_scikit_learns(table: tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    targets, probabilities = table
    labels = [str(k) for k in range(targets.shape[1])]
    ours = average_precision(targets=targets, probabilities=probabilities, classes=labels)
    there = targets.any(axis=0)
    for k, label in enumerate(labels):
        if there[k]:
            assert ours.classes[label] == pytest.approx(
                metrics.average_precision_score(targets[:, k], probabilities[:, k])
            )
        else:
            assert ours.classes[label] is None
    if there.any():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            macro = metrics.average_precision_score(targets[:, there], probabilities[:, there], average="macro")
        assert ours.macro == pytest.approx(macro)
    else:
        assert ours.macro is None


def test_what_cannot_be_ranked_is_refused() -> None:
    with pytest.raises(ValueError, match="must be"):
        average_precision(targets=[[1]], probabilities=[[0.1, 0.2]], classes=["a"])
    with pytest.raises(ValueError, match="NaN"):
        average_precision(targets=[[1]], probabilities=[[np.nan]], classes=["a"])
