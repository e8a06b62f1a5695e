"""How often, and in which way, the events of each class go wrong: the account of `verdicts`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kd.scoring.verdicts import FALSE_ALARM, HIT, MISS, NEAR, Pair, taken_for, verdicts

if TYPE_CHECKING:
    from kd.scoring.matching import Collars
    from kd.scoring.system import System

ENDS = ("onset", "offset", "both")


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Events of one class.

    hits, misses, false_alarms: of `verdicts`; near: near misses by what is outside its collar, `onset`, `offset` or `both`;
    taken_for: misses by the class of the false alarm that lies there instead, `nothing` where none does.
    """

    hits: int = 0
    near: Counter[str] = field(default_factory=Counter)
    misses: int = 0
    false_alarms: int = 0
    taken_for: Counter[str] = field(default_factory=Counter)

    @property
    def reference(self) -> int:
        """Reference events."""
        return self.hits + self.near.total() + self.misses

    @property
    def predicted(self) -> int:
        """Predicted events."""
        return self.hits + self.near.total() + self.false_alarms

    def __add__(self, other: Mistakes) -> Mistakes:
        """Both together."""
        return Mistakes(
            self.hits + other.hits,
            self.near + other.near,
            self.misses + other.misses,
            self.false_alarms + other.false_alarms,
            self.taken_for + other.taken_for,
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "hits": self.hits,
            "near": {end: self.near[end] for end in ENDS},
            "misses": self.misses,
            "false_alarms": self.false_alarms,
            "taken_for": dict(self.taken_for.most_common()),
        }


def mistakes(system: System, *, collars: Collars) -> dict[str, Mistakes]:
    """`Mistakes` of each class; hits are those of `event_cells`."""
    found: dict[str, list[Pair]] = {label: [] for label in system.classes}
    taken: dict[str, Counter[str]] = {label: Counter() for label in system.classes}
    for pairs in verdicts(system, collars=collars).values():
        alarms = [pair for pair in pairs if pair.kind == FALSE_ALARM]
        for pair in pairs:
            found[pair.label].append(pair)
            if pair.kind == MISS:
                taken[pair.label][taken_for(pair, alarms)] += 1
    return {label: _of_class(pairs, taken[label], collars) for label, pairs in found.items()}


def _of_class(pairs: list[Pair], taken: Counter[str], collars: Collars) -> Mistakes:
    kinds = Counter(pair.kind for pair in pairs)
    near = Counter(_end(pair, collars) for pair in pairs if pair.kind == NEAR)
    return Mistakes(kinds[HIT], near, kinds[MISS], kinds[FALSE_ALARM], taken)


def _end(pair: Pair, collars: Collars) -> str:
    """Which end of a near miss is outside its collar."""
    assert pair.reference is not None and pair.predicted is not None
    if collars.begins(pair.reference, pair.predicted):
        return "offset"
    return "onset" if collars.ends(pair.reference, pair.predicted) else "both"
