"""What packaged models have in common; light, so that a model decides what is loaded first."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kd.errors import UserError

SERVING = "__pyfunc_model_path__"  # what MLflow's scoring server sets in its own process
Rows = list[dict[str, Any]]


def spread(rows: Rows) -> Rows:
    """The same with a row for each of several, where MLflow made one row of a dict of columns."""
    found: Rows = []
    for row in rows:
        several = {
            key: value for key, value in row.items() if key != "samples" and isinstance(value, list | np.ndarray)
        }
        counts = {len(value) for value in several.values()}
        if len(counts) > 1:
            raise UserError(f"columns of {sorted(counts)} rows", "give each column as many values")
        count = counts.pop() if counts else 1
        found += [row | {key: value[i] for key, value in several.items()} for i in range(count)]
    return found


def flag(params: Mapping[str, Any], name: str) -> bool:
    """A parameter of a request that is true or false; false where it is absent. Raises UserError for anything else."""
    value = params.get(name)
    if value is not None and not isinstance(value, bool | np.bool_):
        raise UserError(f"{name}={str(value)[:80]!r} is neither true nor false", f"give {name}=true or {name}=false")
    return bool(value)


def number(params: Mapping[str, Any], name: str) -> float:
    """A parameter of a request that is a number; 0 where it is absent. Raises UserError for anything else."""
    value = params.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float | np.number | None) or not np.isfinite(value or 0):
        raise UserError(f"{name}={str(value)[:80]!r} is not a number", f"give {name} a number")
    return float(value or 0)
