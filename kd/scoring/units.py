"""What is drawn together in a bootstrap and kept together in a split: clips, or the sounds of one maker.

By maker the unit is made of (clip, class) cells, since clips mix makers: a cell with reference events belongs to their
maker, a cell without to its clip. A cell with events of several makers joins them: within the class, makers linked by
such cells are one unit, as none can be drawn without the other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from kd.corpus.makers import FEW_MAKERS

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The unit of each cell.

    numbers: int64 `(rows, clips)`; one row for all classes by clip, a row for each class by maker. blocks: `(rows,)`,
    how many units of a row are makers; these are numbered first, the others are single clips.
    """

    by: Literal["clip", "maker"]
    clips: tuple[str, ...]
    classes: tuple[str, ...]
    numbers: Ints
    blocks: tuple[int, ...]

    @property
    def makers(self) -> dict[str, int] | None:
        """How many makers, linked ones counted once, the events of each class have; None by clip."""
        return None if self.by == "clip" else dict(zip(self.classes, self.blocks, strict=True))

    @property
    def few(self) -> tuple[str, ...]:
        """The classes with too few makers for their intervals to be trusted."""
        return tuple(label for label, count in (self.makers or {}).items() if count < FEW_MAKERS)

    def row(self, k: int) -> Ints:
        """The units of class k's cells, `(clips,)`."""
        numbers: Ints = self.numbers[k if self.by == "maker" else 0]
        return numbers


def units_of(
    *, clips: Sequence[str], classes: Sequence[str], makers: Mapping[tuple[str, str], Collection[str]] | None
) -> Units:
    """By maker where makers are known, else by clip."""
    if makers is None:
        return clip_units(clips=clips, classes=classes)
    return maker_units(clips=clips, classes=classes, makers=makers)


def clip_units(*, clips: Sequence[str], classes: Sequence[str]) -> Units:
    """Each clip is a unit, with all of its classes."""
    return Units("clip", tuple(clips), tuple(classes), np.arange(len(clips))[np.newaxis], (0,))


def maker_units(
    *, clips: Sequence[str], classes: Sequence[str], makers: Mapping[tuple[str, str], Collection[str]]
) -> Units:
    """The units of each class by maker.

    makers: {(clip, class): who made its events}, of just the cells that have reference events, as
    `kd.corpus.makers.makers_of` gives it.
    """
    numbers, blocks = np.empty((len(classes), len(clips)), np.int64), []
    for k, label in enumerate(classes):
        groups = [makers.get((clip, label), ()) for clip in clips]
        held = [i for i, group in enumerate(groups) if group]
        empty = [i for i, group in enumerate(groups) if not group]
        numbers[k, held] = joined([groups[i] for i in held])
        blocks.append(len(set(numbers[k, held].tolist())))
        numbers[k, empty] = blocks[k] + np.arange(len(empty))
    return Units("maker", tuple(clips), tuple(classes), numbers, tuple(blocks))


def joined(groups: Sequence[Collection[str]]) -> list[int]:
    """A number for each group of names, from 0 in order of appearance: the same for groups linked by shared names."""
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while above[name] != name:
            above[name] = above[above[name]]
            name = above[name]
        return name

    for group in groups:
        first = min(group)
        for name in (first, *group):
            above.setdefault(name, name)
            above[top(name)] = top(first)
    numbers: dict[str, int] = {}
    return [numbers.setdefault(top(min(group)), len(numbers)) for group in groups]
