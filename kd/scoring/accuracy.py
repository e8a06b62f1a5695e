"""Clips with one label each: accuracy, confusions, and what they become in each resample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.scoring.bootstrap import Sampled, Weights, resample
from kd.scoring.intervals import marked, summary
from kd.scoring.units import Units, joined

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
RESAMPLES = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Scored clips: names, the index of each one's class `(clips,)`, and where each was recorded.

    Clips of one place are drawn together in a bootstrap.
    """

    clips: tuple[str, ...]
    labels: Ints
    classes: tuple[str, ...]
    places: tuple[str, ...]

    def weights(self, *, resamples: int = RESAMPLES, seed: int = 0) -> Weights:
        """How often each clip is drawn, whole places at a time."""
        numbers = np.array(joined([(place,) for place in self.places]), np.int64)
        units = Units("clip", self.clips, self.classes, numbers[np.newaxis], (0,))
        return resample(units=units, resamples=resamples, seed=seed)


def confusion(truth: Truth, found: Ints) -> Ints:
    """Clips of each class (rows) found to be of each (columns), `(classes, classes)`. found: indices `(clips,)`."""
    size = len(truth.classes)
    counts: Ints = np.bincount(truth.labels * size + found, minlength=size * size).reshape(size, size)
    return counts


def most_confused(counts: Ints, *, pairs: int = 2) -> list[tuple[int, int]]:
    """The pairs of classes that are most often taken for each other, either way; the first ones of equals.

    Source: S3 section 4, "the two most confusing pairs". counts: from `confusion`.
    """
    both = counts + counts.T
    every = [(i, j) for i in range(len(both)) for j in range(i + 1, len(both))]
    return sorted(every, key=lambda pair: (-int(both[pair]), pair))[:pairs]


def sample_accuracy(truth: Truth, found: Ints, *, weights: Weights) -> Sampled:
    """Share of clips that are found to be what they are: overall, then of each class, `(1 + classes,)`; NaN: no clip."""
    right = found == truth.labels
    of_class = truth.labels == np.arange(len(truth.classes))[:, np.newaxis]
    which = np.concatenate([np.ones((1, len(right)), bool), of_class]).T.astype(np.float64)  # (clips, 1 + classes)
    drawn = np.concatenate([np.ones((1, len(right))), weights.values[:, 0].astype(np.float64)])
    above, below = drawn @ (which * right[:, np.newaxis]), drawn @ which
    shares: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    return Sampled(shares[0], shares[1:])


def accuracy(truth: Truth, found: Sequence[Ints], *, against: Sequence[Ints] = (), seed: int = 0) -> dict[str, Any]:
    """`{overall, classes}`, each `{value, low, high}` with 95 % bounds; with `against`, of the difference to it.

    found: of one system or of several, such as seeds of one training, which are averaged inside each resample.
    """
    weights = truth.weights(seed=seed)
    ours, theirs = (
        [sample_accuracy(truth, one, weights=weights) for one in part] for part in (list(found), list(against))
    )
    bounds = [each.to_dict() for each in summary(ours, against=theirs).values()]
    figures = {"overall": bounds[0], "classes": dict(zip(truth.classes, bounds[1:], strict=True))}
    return marked(figures) if against else figures


def between(counts: Ints, pair: tuple[int, int]) -> int:
    """Clips of two classes that are taken for the other one."""
    return int(counts[pair] + counts[pair[::-1]])
