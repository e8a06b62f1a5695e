"""Optuna, loaded at first use and kept quiet."""

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any


def optuna() -> Any:
    """The optuna package; of its log, only errors are heard."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """No warnings: optuna says of much that we use on purpose that it is experimental, or not used by a sampler."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
