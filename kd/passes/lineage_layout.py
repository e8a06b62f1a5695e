"""Where a lineage's versions and links lie in a drawing: columns from the earliest to the latest, no link through a box.

A link to a later column than the next runs through a lane, a place of its own among the boxes of each column between.
Versions with the same teachers share them at one knot, so that each teacher's classes are written once.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from kd.passes.lineage_graph import Lineage, Link
from kd.tracking.lineage import Key

BOX, TALL = 122.0, 60.0  # width and height of a box
BETWEEN = 146.0  # from column to column
LINE, LETTERS, LINES = 13.0, 15, 4  # of the classes on a link: line height, letters in a line, most lines
TOP, SPACE = 34.0, 12.0  # above the boxes; between two of them
SWEEPS = 4


@dataclass(frozen=True)
class Knot:
    """Versions of one column with the same links behind them; classes: of each source."""

    column: int
    targets: tuple[Key, ...]
    sources: tuple[tuple[Key, tuple[str, ...]], ...]
    champions: bool


@dataclass(eq=False)
class Spot:
    """A box, or the lane of a version's links in a later column: y of its middle, and of each knot it is tied to next."""

    key: Key
    column: int
    lane: bool
    knots: tuple[Knot, ...] = ()
    through: bool = False
    y: float = 0.0
    ports: dict[Knot, float] = field(default_factory=dict)
    onward: float = 0.0

    @property
    def tall(self) -> float:
        """Height that it needs."""
        need = sum(_height(self.words(knot)) for knot in self.knots) + (LINE if self.through else 0.0)
        return max(need, 18.0 if self.lane else TALL)

    def words(self, knot: Knot) -> list[str]:
        """What is written on its link to a knot."""
        return written(next(classes for key, classes in knot.sources if key == self.key))

    def place(self, y: float) -> None:
        """Put its middle at y, its links below each other around it."""
        self.y = y
        need = sum(_height(self.words(knot)) for knot in self.knots) + (LINE if self.through else 0.0)
        at = y - need / 2
        for knot in self.knots:
            height = _height(self.words(knot))
            self.ports[knot] = at + height / 2
            at += height
        self.onward = at + LINE / 2 if self.knots else y


@dataclass(frozen=True)
class Layout:
    """spots: by column, from above; knots; undrawn: links that would lead back."""

    spots: tuple[tuple[Spot, ...], ...]
    knots: tuple[Knot, ...]
    undrawn: tuple[Link, ...]

    @property
    def width(self) -> float:
        """Of the drawing."""
        return len(self.spots) * (BOX + BETWEEN) - BETWEEN + 2.0

    @property
    def height(self) -> float:
        """Of the drawing."""
        return TOP + max(_stacked(column) for column in self.spots) + 4.0

    def box(self, key: Key) -> Spot:
        """Where a version is."""
        return next(spot for column in self.spots for spot in column if spot.key == key and not spot.lane)


def left(column: int) -> float:
    """x of the left side of a column's boxes."""
    return 1.0 + column * (BOX + BETWEEN)


def written(classes: Sequence[str]) -> list[str]:
    """Classes in a few short lines; those beyond are counted."""
    lines = textwrap.wrap(", ".join(label.replace(" ", "\u00a0") for label in classes), LETTERS, break_on_hyphens=False)
    if len(lines) <= LINES:
        return lines
    shown = lines[: LINES - 1]
    left_over = len(classes) - sum(line.count(",") for line in shown)
    return [*shown, f"and {left_over} more"]


def layout(lineage: Lineage) -> Layout:
    """A place for every version and a way for every link."""
    known = sorted(set(lineage.levels.values()))
    column = {key: known.index(level) for key, level in lineage.levels.items()}
    undrawn = tuple(link for link in lineage.links if column[link.source] >= column[link.target])
    knots = _knots(lineage, column, undrawn)
    spots: list[list[Spot]] = [[] for _ in known]
    for key in sorted(lineage.versions):
        mine = [knot for knot in knots if key in dict(knot.sources)]
        last = max((knot.column for knot in mine), default=0) - 1
        for place in range(column[key], max(last, column[key]) + 1):
            tied = tuple(knot for knot in mine if knot.column == place + 1)
            spots[place].append(Spot(key, place, place > column[key], tied, place < last))
    _sort(spots)
    return Layout(tuple(map(tuple, spots)), tuple(knots), undrawn)


def _knots(lineage: Lineage, column: dict[Key, int], undrawn: Sequence[Link]) -> list[Knot]:
    groups: dict[tuple[int, frozenset[tuple[Key, tuple[str, ...]]], bool], list[Key]] = {}
    for key in sorted(lineage.versions):
        links = [link for link in lineage.behind[key] if link not in undrawn]
        if links:
            sources = frozenset((link.source, link.classes) for link in links)
            groups.setdefault((column[key], sources, links[0].champion), []).append(key)
    return [
        Knot(place, tuple(targets), tuple(sorted(sources)), champions)
        for (place, sources, champions), targets in groups.items()
    ]


def _sort(spots: Sequence[list[Spot]]) -> None:
    """Order each column so that links are short, and place all: the mean of what a spot is tied to, a few times over."""
    _place(spots)
    for sweep in range(SWEEPS):
        forth = sweep % 2 == 0
        for column in range(1, len(spots)) if forth else range(len(spots) - 2, -1, -1):
            beside = {spot: _beside(spots, spot, forth=forth) for spot in spots[column]}
            spots[column].sort(key=lambda spot, beside=beside: (beside[spot], spot.key))  # type: ignore[misc]
            _place(spots)


def _beside(spots: Sequence[list[Spot]], spot: Spot, *, forth: bool) -> float:
    """Mean height of what a spot is tied to in the column before (forth), or after."""
    if forth:
        before = [other.y for other in spots[spot.column - 1] if _tied(other, spot)]
        return sum(before) / len(before) if before else spot.y
    after = [other.y for other in spots[spot.column + 1] if _tied(spot, other)]
    return sum(after) / len(after) if after else spot.y


def _tied(before: Spot, after: Spot) -> bool:
    if after.lane:
        return before.key == after.key
    return any(after.key in knot.targets for knot in before.knots)


def _place(spots: Sequence[list[Spot]]) -> None:
    """Stack every column, in the middle of the highest."""
    highest = max(_stacked(column) for column in spots)
    for column in spots:
        at = TOP + (highest - _stacked(column)) / 2
        for spot in column:
            spot.place(at + spot.tall / 2)
            at += spot.tall + SPACE


def _stacked(column: Sequence[Spot]) -> float:
    return sum(spot.tall for spot in column) + SPACE * (len(column) - 1)


def _height(words: Sequence[str]) -> float:
    return LINE * len(words) + 6.0
