"""What a study may choose from: a kind of value for each name."""

import math
import operator
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kd.errors import UserError, did_you_mean
from kd.tuning.library import optuna

Value = str | int | float | bool | None
NEAR = 1e-8  # of a step: how far from the grid a float may lie


@dataclass(frozen=True)
class Whole:
    """Whole numbers low, low + step, … up to and including high; log: drawn evenly in their logarithms."""

    low: int
    high: int
    step: int = 1
    log: bool = False

    def fault(self) -> str:
        """What is wrong with the kind itself; empty where nothing is."""
        if self.low > self.high:
            return f"from {self.low} to {self.high} is no range"
        if self.step < 1 or (self.high - self.low) % self.step:
            return f"steps of {self.step} do not lead from {self.low} to {self.high}"
        if self.log and (self.low < 1 or self.step != 1):
            return "logarithms need a range from 1 or more, and steps of 1"
        return ""

    def read(self, value: Any) -> int:
        """A whole number of the range. Raises ValueError for anything else."""
        try:
            if isinstance(value, bool):
                raise TypeError
            number = operator.index(value)
        except TypeError:
            raise ValueError("not a whole number") from None
        if not self.low <= number <= self.high:
            raise ValueError(f"outside {self.low} to {self.high}")
        if (number - self.low) % self.step:
            raise ValueError(f"not {self.low} plus steps of {self.step}")
        return number

    def distribution(self) -> Any:
        """The same for optuna."""
        return optuna().distributions.IntDistribution(self.low, self.high, log=self.log, step=self.step)


@dataclass(frozen=True)
class Real:
    """Numbers from low to high, both included; log: drawn evenly in their logarithms; step: only low + k·step."""

    low: float
    high: float
    log: bool = False
    step: float | None = None

    def fault(self) -> str:
        """What is wrong with the kind itself; empty where nothing is."""
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            return f"from {self.low} to {self.high} is no range"
        if self.log and (self.low <= 0 or self.step is not None):
            return "logarithms need a range above 0, and no steps"
        if self.step is not None and not (self.step > 0 and _whole((self.high - self.low) / self.step)):
            return f"steps of {self.step} do not lead from {self.low} to {self.high}"
        return ""

    def read(self, value: Any) -> float:
        """A number of the range. Raises ValueError for anything else."""
        if isinstance(value, bool | str) or not hasattr(value, "__float__"):
            raise ValueError("not a number")
        number = float(value)
        if not self.low <= number <= self.high:
            raise ValueError(f"outside {self.low} to {self.high}")
        if self.step is not None and not _whole((number - self.low) / self.step):
            raise ValueError(f"not {self.low} plus steps of {self.step}")
        return number

    def distribution(self) -> Any:
        """The same for optuna."""
        low, high = float(self.low), float(self.high)
        return optuna().distributions.FloatDistribution(low, high, log=self.log, step=self.step)


@dataclass(frozen=True)
class Choice:
    """One of some values, in no order."""

    values: tuple[Value, ...]

    def fault(self) -> str:
        """What is wrong with the kind itself; empty where nothing is."""
        if not self.values:
            return "there is nothing to choose from"
        if any(not isinstance(value, str | int | float | bool | None) for value in self.values):
            return "a choice is of texts, numbers, true, false and none"
        if any(isinstance(value, float) and not math.isfinite(value) for value in self.values):
            return "a choice holds a number that is not finite"
        if len(set(self.values)) < len(self.values):
            return "a choice holds a value twice"
        return ""

    def read(self, value: Any) -> Value:
        """One of the values. Raises ValueError for anything else."""
        for known in self.values:
            if type(known) is type(value) and known == value:
                return known
        raise ValueError(f"none of {', '.join(map(repr, self.values))}")

    def distribution(self) -> Any:
        """The same for optuna."""
        return optuna().distributions.CategoricalDistribution(self.values)


Kind = Whole | Real | Choice


@dataclass(frozen=True)
class Space:
    """A kind for each name, in order. Raises UserError for a kind that holds nothing."""

    kinds: Mapping[str, Kind]

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", dict(self.kinds))
        if not self.kinds:
            raise UserError("there is nothing to tune", "name at least one setting")
        for name, kind in self.kinds.items():
            if fault := kind.fault():
                raise UserError(f"{name}: {fault}", "check what may be chosen")

    def __iter__(self) -> Iterator[str]:
        return iter(self.kinds)

    def checked(self, settings: Mapping[str, Any], *, what: str) -> dict[str, Value]:
        """Settings in the order of the space: a value for each name, as its kind has it.

        what: whose settings they are. Raises UserError for a name too many or too few, and for a value that the space
        does not hold: nothing is clamped.
        """
        for name in settings:
            if name not in self.kinds:
                known = list(self.kinds)
                raise UserError(f"{what}: unknown setting {name!r}", did_you_mean(name, known) or f"known: {known}")
        read: dict[str, Value] = {}
        for name, kind in self.kinds.items():
            if name not in settings:
                raise UserError(f"{what}: no value for {name!r}", "give one for each setting")
            try:
                read[name] = kind.read(settings[name])
            except ValueError as error:
                raise UserError(f"{what}: {name}={settings[name]!r} is {error}", "name a value in its range") from None
        return read

    def distributions(self) -> dict[str, Any]:
        """The same for optuna."""
        return {name: kind.distribution() for name, kind in self.kinds.items()}

    def described(self) -> list[dict[str, Any]]:
        """JSON-able, the same for the same space."""
        return [{"name": name, "kind": type(kind).__name__, **asdict(kind)} for name, kind in self.kinds.items()]


def _whole(number: float) -> bool:
    return abs(number - round(number)) < NEAR
