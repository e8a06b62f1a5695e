"""Who is champion of each class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contender:
    """A registered version and its F1 of every class on the selection split (undefined counts as 0)."""

    version: int
    f1: Mapping[str, float]


def choose(
    classes: Sequence[str], *, incumbents: Mapping[str, Contender], challengers: Sequence[Contender]
) -> dict[str, int]:
    """Class to champion's version: the best F1; a challenger must be strictly better than the incumbent.

    Among equal challengers the lower version wins. Every class gets a champion, even at F1 0.
    Source: S1 section 3.3.3.
    """
    chosen: dict[str, int] = {}
    for label in classes:
        best = incumbents.get(label)
        for challenger in sorted(challengers, key=lambda c: c.version):
            if best is None or challenger.f1[label] > best.f1[label]:
                best = challenger
        if best is None:
            raise ValueError(f"nobody contends for {label}")
        chosen[label] = best.version
    return chosen
