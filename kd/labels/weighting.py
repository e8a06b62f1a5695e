"""Several teachers' labels made one: a convex combination for each class. S4 (Fu 2019).

Only the abstract of S4 is public: several complementary teachers, one student about 50 times smaller. How it weighs the
teachers is not known; what is here is ours.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kd.labels.smoothing import Array

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
SURE = 1e-3  # labels are kept this far from 0 and 1 where their likelihood is taken
ROUNDS, SETTLED = 2000, 1e-4  # nats a frame that weights may be off the likeliest


def on_own_scale(
    logits: npt.NDArray[np.float16] | Array, *, thresholds: Sequence[float], temperature: float = 1.0
) -> Array:
    """σ((z - log(θ / (1 - θ))) / T): a teacher's scores with its own threshold θ of each class moved to 0.5.

    logits: z (..., classes); thresholds: θ (classes,), in (0, 1). T towards 0 gives what the teacher detects, 0 or 1.
    """
    theta = np.clip(np.asarray(thresholds, np.float64), 1e-6, 1 - 1e-6)
    z = (np.asarray(logits, np.float32) - np.log(theta / (1 - theta)).astype(np.float32)) / np.float32(temperature)
    return np.asarray(0.5 * (1 + np.tanh(0.5 * z)), np.float32)


def combined(labels: Sequence[Array], weights: Doubles) -> Array:
    """q_c = Σ_k w_kc q_kc: labels of each teacher, (..., classes), weights (teachers, classes), to (..., classes).

    Deviation: probabilities are averaged, not logits: the paper's way is not known, and S1 and S3 do so.
    """
    total = np.zeros(labels[0].shape, np.float32)
    for each, share in zip(labels, np.asarray(weights, np.float32), strict=True):
        total += share * each
    return total


def mean_weights(*, teachers: int, classes: int) -> Doubles:
    """1 / K for every teacher and class, (teachers, classes)."""
    return np.full((teachers, classes), 1 / teachers)


def best_weights(f1: Doubles) -> Doubles:
    """All weight of a class on the teacher of highest F1, of equals the first: f1 (teachers, classes), to the same."""
    weights = np.zeros(f1.shape)
    weights[f1.argmax(axis=0), np.arange(f1.shape[1])] = 1
    return weights


def convex_weights(labels: Sequence[Array], truth: Bools) -> Doubles:
    """w_c on the simplex of the greatest likelihood Π_n Σ_k w_kc q_knc^y (1 - q_knc)^(1-y), (teachers, classes).

    labels: q of each teacher, (frames, classes) in [0, 1]; truth: y (frames, classes). It is the binary cross-entropy of the
    combined labels that is least. The likelihood of a mixture is concave in its weights; expectation-maximisation
    (Dempster, Laird and Rubin, 1977) climbs it from equal weights: w_k ← w_k s_k, s_k = mean_n of p_kn / Σ_j w_j p_jn. No
    weights are likelier by more than max_k s_k - 1 a frame, which says when to stop.
    """
    teachers, classes = len(labels), truth.shape[1]
    found = np.empty((teachers, classes))
    for c in range(classes):
        q = np.clip(np.stack([each[:, c] for each in labels]).astype(np.float64), SURE, 1 - SURE)
        p = np.where(truth[:, c], q, 1 - q)
        weights = np.full(teachers, 1 / teachers)
        for _ in range(ROUNDS):
            shares = p @ (1 / (weights @ p)) / p.shape[1]
            if shares.max() - 1 < SETTLED:
                break
            weights = weights * shares
        found[:, c] = weights / weights.sum()
    return found


def disagreement(detected: Sequence[Bools]) -> Doubles:
    """Between each two teachers, 1 - (frames both detect) / (frames either detects), mean of classes: (teachers, teachers).

    detected: of each teacher, (frames, classes). A class that neither detects anywhere is left out.
    """
    found = np.zeros((len(detected), len(detected)))
    for i, a in enumerate(detected):
        for j in range(i):
            either, both = (a | detected[j]).sum(axis=0), (a & detected[j]).sum(axis=0)
            some = either > 0
            found[i, j] = found[j, i] = float((1 - both[some] / either[some]).mean()) if some.any() else 0.0
    return found
