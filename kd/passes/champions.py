"""Who is champion of each class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contender:
    """A registered version and its F1 of every class on the selection split (undefined counts as 0)."""

    version: int
    f1: Mapping[str, float]


def choose(
    classes: Sequence[str],
    *,
    incumbents: Mapping[str, Contender],
    challengers: Sequence[Contender],
    together: bool = False,
) -> dict[str, int]:
    """Class to champion's version: the best F1; a challenger must be strictly better than the incumbent.

    Among equal challengers the lower version wins. Every class gets a champion, even at F1 0. together: one version for all
    classes, by the mean of its F1.
    Source: S1 section 3.3.3.
    """
    if together:
        rivals = sorted({each.version: each for each in (*challengers, *incumbents.values())}.values(), key=_version)
        held = {each.version for each in incumbents.values()}
        best = max(rivals, key=lambda c: (sum(c.f1[label] for label in classes), c.version in held, -c.version))
        return dict.fromkeys(classes, best.version)
    chosen: dict[str, int] = {}
    for label in classes:
        champion = incumbents.get(label)
        for challenger in sorted(challengers, key=_version):
            if champion is None or challenger.f1[label] > champion.f1[label]:
                champion = challenger
        if champion is None:
            raise ValueError(f"nobody contends for {label}")
        chosen[label] = champion.version
    return chosen


def _version(contender: Contender) -> int:
    return contender.version
