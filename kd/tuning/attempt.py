"""One attempt of a study: what an objective is given."""

import math
from dataclasses import dataclass, field
from typing import Any

from kd.tuning.library import hushed
from kd.tuning.space import Value
from kd.tuning.store import Studies
from kd.tuning.store_errors import store_errors


class Pruned(Exception):
    """The pruner stopped an attempt; an objective lets it pass."""


@dataclass(frozen=True)
class Attempt:
    """Settings to be tried, and where to tell what came of them. What is told is in the database at once.

    number: which draw of the study it is, from 0; the same when an interrupted study goes on.
    trial: optuna's, as sampler and pruner see it; studies, row: the database, and the trial's row there.
    """

    number: int
    settings: dict[str, Value]
    trial: Any
    studies: Studies
    row: int
    reports: dict[int, float] = field(default_factory=dict)
    constraints: dict[str, float] = field(default_factory=dict)

    def report(self, step: int, value: float) -> None:
        """Tell the value at a step on the way, each step once. Raises Pruned where it is not worth going on."""
        if step in self.reports:
            raise ValueError(f"step {step} is told twice")
        self.reports[step] = value = float(value)
        with store_errors(self.studies.uri):
            self.studies.storage.set_trial_intermediate_value(self.row, step, value)
        with hushed():
            self.trial.report(value, step)
            if self.trial.should_prune():
                raise Pruned(f"attempt {self.number} at step {step}")

    def constraint(self, name: str, value: float) -> None:
        """Tell how far a constraint is broken; it is met at 0 and below. Raises ValueError for NaN, or a name told twice."""
        if name in self.constraints:
            raise ValueError(f"constraint {name!r} is told twice")
        with hushed():
            self.trial.set_constraint(name, value)
        self.constraints[name] = value = float(value)
        with store_errors(self.studies.uri):
            self.studies.storage.set_trial_system_attr(self.row, f"constraints:{name}", value)

    def note(self, key: str, value: Any) -> None:
        """Keep something JSON-able beside the attempt."""
        with store_errors(self.studies.uri):
            self.studies.storage.set_trial_user_attr(self.row, key, value)

    def last(self) -> float | None:
        """The value at the last step, where there is one that is a number."""
        value = self.reports[max(self.reports)] if self.reports else math.nan
        return None if math.isnan(value) else value
