"""The back end of S5: a linear support vector machine on embeddings, kept as a matrix and a vector. No pickle."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import safetensors.numpy

from kd.errors import UserError
from kd.files import atomic_write_bytes

Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]
FILE = "svm.safetensors"


@dataclass(frozen=True, eq=False)
class Svm:
    """Scores of embeddings: matrix (classes, dimensions), bias (classes,)."""

    matrix: Floats
    bias: Floats

    def scores(self, embeddings: Floats) -> Floats:
        """Distances from the hyperplanes, (clips, dimensions) to (clips, classes)."""
        return np.asarray(embeddings @ self.matrix.T + self.bias, np.float32)

    def save(self, folder: Path) -> None:
        """Write it into a folder."""
        ordered = {
            name: np.ascontiguousarray(array) for name, array in vars(self).items()
        }  # it writes bytes as they lie
        atomic_write_bytes(folder / FILE, safetensors.numpy.save(ordered))


def load_svm(folder: Path) -> Svm:
    """Read it from a folder. Raises UserError where it is absent or damaged."""
    try:
        found = safetensors.numpy.load_file(folder / FILE)
        return Svm(found["matrix"], found["bias"])
    except (OSError, KeyError, safetensors.SafetensorError) as error:
        raise UserError(f"{folder / FILE} cannot be read ({error})", "take another version") from None


def fit_svm(embeddings: Floats, labels: Whole, *, classes: int, penalty: float = 1.0) -> Svm:
    """One class against the rest, on embeddings scaled to mean 0 and deviation 1; the scaling goes into the matrix.

    embeddings: (clips, dimensions); labels: (clips,), every class at least once; penalty: C.
    Source: S5 section 2.2, one SVM for each model on the outputs of its last hidden layer; scikit-learn's LinearSVC.
    Deviation: the kernel is not said; a linear one, whose scores of two networks can be averaged as they are.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    mean = embeddings.mean(axis=0, dtype=np.float64)
    deviation = np.maximum(embeddings.std(axis=0, dtype=np.float64), 1e-6)
    machine = LinearSVC(C=penalty, random_state=0, max_iter=5000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        machine.fit((embeddings - mean) / deviation, labels)
    weights, bias = machine.coef_, machine.intercept_
    if classes == 2:  # scikit-learn keeps one hyperplane for two classes
        weights, bias = np.concatenate([-weights, weights]), np.concatenate([-bias, bias])
    matrix = weights / deviation
    return Svm(matrix.astype(np.float32), (bias - matrix @ mean).astype(np.float32))
