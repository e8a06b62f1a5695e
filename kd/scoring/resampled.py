"""What PSDS, average precision, calibration error and error rate become in each resample of `bootstrap`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kd.scoring.average_precision import falling
from kd.scoring.bootstrap import Sampled, Weights, mean_of_defined
from kd.scoring.calibration import BINS, place_in_bins
from kd.scoring.psds import psds_of_samples
from kd.scoring.psds_cells import PsdsCells

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
_AT_ONCE = 100  # resamples whose weights are copied at a time


@dataclass(frozen=True, slots=True, eq=False)
class Binned:
    """Frames by clip, class and bin of the probability, `(clips, classes, bins)`: excess, the sum of truth minus
    probability; frames of each clip, `(clips,)`.
    """

    excess: Floats
    frames: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """Substitutions, deletions and insertions of each clip together, and its reference events or segments, `(clips,)`."""

    errors: Floats
    reference: Floats


def binned(probabilities: npt.NDArray[np.float32], truth: Bools, there: Bools) -> Binned:
    """Frames `(clips, frames, classes)` in the bins of equal width of `calibration`; there: which exist."""
    clips, _, classes = truth.shape
    excess = np.zeros((clips, classes, BINS))
    for i in range(clips):
        for k in range(classes):
            values = probabilities[i, there[i], k].astype(np.float64)
            where = place_in_bins(values, bins=BINS)
            excess[i, k] = np.bincount(where, weights=truth[i, there[i], k] - values, minlength=BINS)
    return Binned(excess, there.sum(axis=1).astype(np.float64))


def sample_psds(cells: PsdsCells, *, weights: Weights) -> Sampled:
    """PSDS, `()`; by maker each class takes clips of its own (see `psds.psds_of_samples`)."""
    whole, _ = psds_of_samples(cells, np.ones((1, len(cells.clips)), np.int64), workers=1)
    drawn = weights.values[:, 0] if weights.units.by == "clip" else weights.values.transpose(0, 2, 1)
    parts = [psds_of_samples(cells, drawn[first : first + _AT_ONCE])[0] for first in range(0, len(drawn), _AT_ONCE)]
    return Sampled(np.asarray(whole[0]), np.concatenate(parts))


def sample_average_precision(targets: Bools, probabilities: npt.NDArray[np.float32], *, weights: Weights) -> Sampled:
    """Mean average precision, `()`; both arrays `(clips, classes)`, as in `average_precision.average_precision`."""
    found = []
    for k in range(targets.shape[1]):
        order, ends = falling(probabilities[:, k])
        drawn = _with_whole(weights, k)[:, order]
        hits = np.cumsum(drawn * targets[order, k], axis=1)[:, ends]
        ranks = np.cumsum(drawn, axis=1)[:, ends]
        precision = np.divide(hits, ranks, out=np.zeros(hits.shape), where=ranks > 0)
        area = (np.diff(hits, prepend=0, axis=1) * precision).sum(axis=1)
        found.append(np.divide(area, hits[:, -1], out=np.full(len(area), np.nan), where=hits[:, -1] > 0))
    return _mean(found)


def sample_calibration(cells: Binned, *, weights: Weights) -> Sampled:
    """Mean over classes of the expected calibration error of frames, `()`.

    sum over bins of n_b / n |observed_b - predicted_b| is that of |positives_b - summed probability_b|, over n.
    """
    found = []
    for k in range(cells.excess.shape[1]):
        drawn = _with_whole(weights, k).astype(np.float64)
        away, frames = np.abs(drawn @ cells.excess[:, k]).sum(axis=1), drawn @ cells.frames
        found.append(np.divide(away, frames, out=np.full(len(away), np.nan), where=frames > 0))
    return _mean(found)


def sample_error_rate(cells: Errors, *, weights: Weights) -> Sampled:
    """The overall error rate, `()`, by clip: a substitution is of two classes, and so of no (clip, class) cell."""
    if weights.units.by != "clip":
        raise ValueError("the overall error rate is drawn by clip")
    drawn = _with_whole(weights, 0).astype(np.float64)
    errors, reference = drawn @ cells.errors, drawn @ cells.reference
    rates = np.divide(errors, reference, out=np.full(len(errors), np.nan), where=reference > 0)
    return Sampled(rates[0], rates[1:])


def _with_whole(weights: Weights, k: int) -> npt.NDArray[np.int32]:
    """How often each clip is drawn for class k, `(1 + resamples, clips)`; in the first row, once."""
    drawn = weights.values[:, k if weights.units.by == "maker" else 0]
    return np.concatenate([np.ones((1, drawn.shape[1]), np.int32), drawn])


def _mean(classes: list[Floats]) -> Sampled:
    """The mean over classes of what is defined, of the whole and of each resample."""
    mean = mean_of_defined(np.stack(classes))
    return Sampled(mean[0], mean[1:])
