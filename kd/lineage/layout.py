"""Where a lineage's versions and links lie in a drawing: columns from the earliest to the latest, no link through a box.

A link to a later column than the next runs through a lane, a place of its own among the boxes of each column between.
Versions with the same teachers share them at one knot, so that each teacher's classes are written once.
"""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kd.lineage.graph import Lineage, Link
from kd.tracking.lineage import Key

BOX, TALL, END = 112.0, 60.0, 14.0  # width of a box, its least height, and what each link that ends at it adds to that
BETWEEN = 164.0  # from column to column
LINE, LETTERS, LINES = 13.0, 14, 4  # of the classes on a link: line height, letters in a line, most lines
TOP, SPACE = 34.0, 12.0  # above the boxes; between two of them
SWEEPS = 4


@dataclass(frozen=True)
class Knot:
    """Versions of one column with the same links behind them.

    sources: each with its classes; whole: those that give all the classes they know.
    """

    column: int
    targets: tuple[Key, ...]
    sources: tuple[tuple[Key, tuple[str, ...]], ...]
    whole: frozenset[Key]
    champions: bool

    def words(self, source: Key) -> list[str]:
        """What is written on a source's link."""
        classes = next(classes for key, classes in self.sources if key == source)
        return [f"all {len(classes)} classes"] if source in self.whole and len(classes) > 2 else written(classes)


@dataclass(eq=False)
class Spot:
    """A box, or the lane of a version's links in a later column.

    knots: in the next column; through: whether links go on beyond that; high: of the box; y: of its middle; ports: where
    the link to each knot runs; onward: where the others do.
    """

    key: Key
    column: int
    lane: bool
    knots: tuple[Knot, ...] = ()
    through: bool = False
    high: float = TALL
    y: float = 0.0
    ports: dict[Knot, float] = field(default_factory=dict)
    onward: float = 0.0

    @property
    def tall(self) -> float:
        """Height that it needs."""
        return max(self._ports(), 18.0 if self.lane else self.high)

    def _ports(self) -> float:
        return sum(_height(knot.words(self.key)) for knot in self.knots) + (LINE if self.through else 0.0)

    def place(self, y: float, *, upwards: bool) -> None:
        """Put its middle at y, its links below each other around it; upwards: those that go on come first."""
        self.y = y
        at = y - self._ports() / 2
        if self.through and upwards:
            self.onward = at + LINE / 2
            at += LINE
        for knot in self.knots:
            height = _height(knot.words(self.key))
            self.ports[knot] = at + height / 2
            at += height
        if self.through and not upwards:
            self.onward = at + LINE / 2


@dataclass(frozen=True)
class Layout:
    """spots: by column, from above; knots; undrawn: links that would lead back."""

    spots: tuple[tuple[Spot, ...], ...]
    knots: tuple[Knot, ...]
    undrawn: tuple[Link, ...]

    @property
    def width(self) -> float:
        """Of the drawing."""
        return len(self.spots) * (BOX + BETWEEN) - BETWEEN + 4.0

    @property
    def height(self) -> float:
        """Of the drawing."""
        return TOP + max(_stacked(column) for column in self.spots) + 4.0

    def box(self, key: Key) -> Spot:
        """Where a version is."""
        return next(spot for column in self.spots for spot in column if spot.key == key and not spot.lane)


def left(column: int) -> float:
    """x of the left side of a column's boxes."""
    return 2.0 + column * (BOX + BETWEEN)


def written(classes: Sequence[str]) -> list[str]:
    """Classes in a few short lines; long names are cut, and those beyond are counted."""
    names = [label if len(label) < LETTERS else f"{label[: LETTERS - 2]}…" for label in classes]
    lines = textwrap.wrap(", ".join(name.replace(" ", "\u00a0") for name in names), LETTERS, break_on_hyphens=False)
    if len(lines) <= LINES:
        return lines
    shown = lines[: LINES - 1]
    return [*shown, f"and {len(classes) - sum(line.endswith(',') + line.count(', ') for line in shown)} more"]


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
            high = max(TALL, *(END * (len(knot.sources) + 1) for knot in knots if knot.targets == (key,)), 0.0)
            spots[place].append(Spot(key, place, place > column[key], tied, place < last, high))
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
        Knot(place, tuple(targets), tuple(sorted(sources)), _whole(lineage, sources), champions)
        for (place, sources, champions), targets in groups.items()
    ]


def _whole(lineage: Lineage, sources: Iterable[tuple[Key, tuple[str, ...]]]) -> frozenset[Key]:
    known = {key: lineage.versions[key] for key, _ in sources}
    return frozenset(
        key for key, classes in sources if (facts := known[key]) is not None and set(classes) == set(facts.tuned)
    )


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
            spot.y = at + spot.tall / 2
            at += spot.tall + SPACE
    for column in spots:
        for spot in column:
            ahead = spots[spot.column + 1] if spot.through else []
            spot.place(
                spot.y, upwards=any(other.lane and other.key == spot.key and other.y < spot.y for other in ahead)
            )


def _stacked(column: Sequence[Spot]) -> float:
    return sum(spot.tall for spot in column) + SPACE * (len(column) - 1)


def _height(words: Sequence[str]) -> float:
    return LINE * len(words) + 6.0
