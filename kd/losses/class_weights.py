"""Weights of classes by how many samples each has."""

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]
Counts = npt.NDArray[np.integer] | npt.NDArray[np.floating]
BETA = 0.999


def nec(counts: Counts) -> Reals:
    """w_c = exp(1/N_c) / Σ_c exp(1/N_c): (classes,) to (classes,), with sum 1.

    Source: S2 equation (2). With the counts of a real corpus all 1/N_c are near 0 and the weights near 1/C: for 103 to 550
    clips a class, the greatest is 1.008 times the least.
    Deviation: a class without samples counts as one with a single sample.
    """
    powers = np.exp(1 / np.maximum(np.asarray(counts, np.float64), 1))
    return np.asarray(powers / powers.sum())


def inverse(counts: Counts) -> Reals:
    """w_c = (1/N_c) / Σ_c (1/N_c): (classes,) to (classes,), with sum 1. Not in the papers."""
    shares = 1 / np.maximum(np.asarray(counts, np.float64), 1)
    return np.asarray(shares / shares.sum())


def effective_number(counts: Counts, *, beta: float = BETA) -> Reals:
    """w_c ∝ (1 - β) / (1 - β^N_c): (classes,) to (classes,), with sum 1.

    Source: Y. Cui et al., Class-balanced loss based on effective number of samples, CVPR 2019, equation (2) and section 4.
    """
    shares = (1 - beta) / (1 - beta ** np.maximum(np.asarray(counts, np.float64), 1))
    return np.asarray(shares / shares.sum())


def class_weights(kind: str, counts: Counts) -> Reals:
    """Weights with mean 1, of a kind named in `kd.losses.names`: `none` is 1 for every class, the others C times what sums to 1.

    Deviation: S2's own sum to 1, which divides the loss by the number of classes; times C, it has the scale of plain
    binary cross-entropy.
    """
    if kind == "none":
        return np.ones(len(counts))
    return {"nec": nec, "inverse": inverse, "effective_number": effective_number}[kind](counts) * len(counts)


def ratio(weights: Reals) -> float:
    """The greatest weight over the least: how much re-weighting there is at all."""
    return float(weights.max() / weights.min())
