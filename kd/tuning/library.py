"""Optuna, loaded at first use and kept quiet."""

import contextlib
import threading
import warnings
from collections.abc import Iterator
from typing import Any

HUSHED = threading.RLock()


def optuna() -> Any:
    """The optuna package; of its log, only errors are heard."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """No warnings: optuna says of much that we use on purpose that it is experimental, or not used by a sampler.

    One thread at a time, for warnings are switched off for all of them.
    """
    with HUSHED, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
