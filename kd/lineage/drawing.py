"""A lineage drawn: an SVG that is laid out by `lineage_layout` and coloured by its page."""

import html

from kd.lineage.facts import Facts, percent
from kd.lineage.graph import Lineage
from kd.lineage.layout import BOX, END, LINE, Knot, Layout, Spot, layout, left
from kd.lineage.tree import called
from kd.tracking.lineage import Key

KNOT = 26.0  # from a knot to the boxes that it is tied to
BEND = 36.0  # where a link changes its height
LETTER, BOLD = 6.4, 7.2  # width of a letter on a link, at most
WORDS = 14.0  # from a box to the words on its link
ALONE = {  # columns outside a pass
    "tagger": "tagger",
    "single": "single",
    "class_frame_network": "class frame",
    "student": "student",
}
ARROWS = "".join(
    f"<marker id=arrow{name} viewBox='0 0 8 8' refX=7 refY=4 markerWidth=8 markerHeight=8 orient=auto "
    f"markerUnits=userSpaceOnUse><path class='tip{name}' d='M0 0 8 4 0 8Z'/></marker>"
    for name in ("", "-final")
)


def drawing(lineage: Lineage) -> str:
    """The SVG, and below it what it leaves out."""
    placed = layout(lineage)
    parts = [_heading(lineage, placed, column) for column in range(len(placed.spots))]
    parts += [_trunk(lineage, placed, spot) for column in placed.spots for spot in column]
    parts += [_fan(lineage, placed, knot) for knot in placed.knots]
    parts += [_words(lineage, spot, knot) for column in placed.spots for spot in column for knot in spot.knots]
    parts += [_box(lineage, spot) for column in placed.spots for spot in column if not spot.lane]
    size = f"width={placed.width:.0f} height={placed.height:.0f} viewBox='0 0 {placed.width:.0f} {placed.height:.0f}'"
    figure = f"<svg {size} role=group aria-label='Who taught whom'><defs>{ARROWS}</defs>{''.join(parts)}</svg>"
    if not placed.undrawn:
        return figure
    back = "; ".join(f"{called(lineage, link.source)} to {called(lineage, link.target)}" for link in placed.undrawn)
    return f"{figure}<p class=quiet>Not drawn, since they lead back: {html.escape(back)}.</p>"


def anchor(key: Key, prefix: str) -> str:
    """The id of a version's box or row."""
    return html.escape(f"{prefix}-{key[0]}-{key[1]}", quote=True)


def _heading(lineage: Lineage, placed: Layout, column: int) -> str:
    names: dict[str, None] = {}
    for spot in placed.spots[column]:
        facts = lineage.versions[spot.key]
        if not spot.lane and facts is not None:
            names[_column_name(facts)] = None
    text = html.escape(", ".join(list(names)[:2]))
    return f"<text class=head x={left(column) + BOX / 2:.1f} y=16>{text}</text>"


def _column_name(facts: Facts) -> str:
    if facts.merged:
        return "merged"
    return f"pass {facts.index}" if facts.index else ALONE.get(facts.kind, "by hand")


def _box(lineage: Lineage, spot: Spot) -> str:
    facts, x, y = lineage.versions[spot.key], left(spot.column), spot.y - spot.high / 2
    lines = _lines(lineage, spot.key, facts)
    marks = ["box"] + ["final"] * (spot.key in lineage.final) + ["bare"] * (facts is None or not facts.recorded)
    first = spot.y - 8 * len(lines) + 12
    text = "".join(
        f"<text class={'name' if i == 0 else 'more'} x={x + BOX / 2:.1f} y={first + 16 * i:.1f}>{html.escape(line)}</text>"
        for i, line in enumerate(lines)
    )
    told = html.escape(", ".join([called(lineage, spot.key), *lines[1:]]) + (", used" * (spot.key in lineage.final)))
    return (
        f"<a id='{anchor(spot.key, 'box')}' href='#{anchor(spot.key, 'row')}' class='{' '.join(marks)}' "
        f"aria-label='{told}'><title>{told}</title>"
        f"<rect x={x:.1f} y={y:.1f} width={BOX:.0f} height={spot.high:.0f} rx=7 />{text}</a>"
    )


def _lines(lineage: Lineage, key: Key, facts: Facts | None) -> list[str]:
    """At most three lines of a box."""
    number = f"{key[1]}" if key[0] == lineage.root[0] else f"{_short(key[0], 10)} {key[1]}"
    if facts is None:
        return [number, "deleted"]
    what = "merged" if facts.merged else facts.architecture or "network"
    rest = facts.name.removeprefix(facts.architecture).lstrip("-") if not facts.merged else ""
    if facts.merged:
        rest = f"{len(set(facts.champions.values()))} networks" if facts.champions else "champions not recorded"
    macro = facts.macro()
    lines = [f"{number} · {what}", rest, f"F1 {percent(macro)}" if macro is not None else "no F1"]
    return [_short(line, 20) for line in lines if line]


def _trunk(lineage: Lineage, placed: Layout, spot: Spot) -> str:
    """The way of a version's links through a lane, and on to the next one."""
    if not (spot.lane or spot.through):
        return ""
    parts = []
    mark = _trunk_mark(lineage, spot.key)
    x = left(spot.column)
    if spot.lane:
        parts.append(f"<path class='{mark}' d='M{x:.1f} {spot.y:.1f}H{x + BOX - WORDS:.1f}'/>")
    if spot.through:
        after = next(other for other in placed.spots[spot.column + 1] if other.lane and other.key == spot.key)
        parts.append(f"<path class='{mark}' d='{_link(spot, spot.onward, left(after.column), after.y)}'/>")
    return "".join(parts)


def _trunk_mark(lineage: Lineage, key: Key) -> str:
    used = any(link.source == key and link.champion for link in lineage.behind[lineage.root])
    return "link used" if used else "link"


def _fan(lineage: Lineage, placed: Layout, knot: Knot) -> str:
    """From the teachers to the knot, and from it to the students; to a single student there is none between."""
    final = knot.champions and lineage.root in knot.targets
    mark, tip = ("link used", "arrow-final") if final else ("link", "arrow")
    boxes = [placed.box(key) for key in knot.targets]
    x = left(knot.column) - (KNOT if len(boxes) > 1 else 0.0)
    y = sum(box.y for box in boxes) / len(boxes)
    y += 7.0 * ([other for other in placed.knots if other.column == knot.column].index(knot) if len(boxes) > 1 else 0)
    ends = [(spot, spot.ports[knot]) for spot in placed.spots[knot.column - 1] if knot in spot.knots]
    if len(boxes) == 1:
        return "".join(
            f"<path class='{mark}' marker-end='url(#{tip})' d='{_link(spot, at, x, _apart(boxes[0], i, len(ends)))}'/>"
            for i, (spot, at) in enumerate(sorted(ends, key=lambda end: end[1]))
        )
    parts = [f"<path class='{mark}' d='{_link(spot, at, x, y)}'/>" for spot, at in ends]
    parts += [
        f"<path class='{mark}' marker-end='url(#{tip})' d='{_curve(x, y, left(box.column), box.y)}'/>" for box in boxes
    ]
    return "".join(parts) + f"<circle class=knot cx={x:.1f} cy={y:.1f} r=4 />"


def _words(lineage: Lineage, spot: Spot, knot: Knot) -> str:
    """The classes that a version gives, on its link."""
    lines = knot.words(spot.key)
    x, y = left(spot.column) + BOX + WORDS, spot.ports[knot] - LINE * (len(lines) - 1) / 2 + 4
    mark = "words used" if knot.champions and lineage.root in knot.targets else "words"
    spans = "".join(
        f"<tspan x={x:.1f} y={y + LINE * i:.1f}>{html.escape(line)}</tspan>" for i, line in enumerate(lines)
    )
    every = html.escape(", ".join(next(classes for key, classes in knot.sources if key == spot.key)))
    wide = (BOLD if "used" in mark else LETTER) * max(map(len, lines)) + 4
    high = LINE * len(lines)
    behind = f"<rect class=paper x={x - 3:.1f} y={y - 11:.1f} width={wide:.1f} height={high + 1:.1f} />"
    return f"{behind}<text class='{mark}'><title>{every}</title>{spans}</text>"


def _link(spot: Spot, port: float, x: float, y: float) -> str:
    """From a box or a lane to its port, straight under the words, then over to (x, y)."""
    edge, words = left(spot.column) + BOX, left(spot.column) + BOX + WORDS
    start = edge - WORDS if spot.lane else edge
    side = spot.y if spot.lane else min(max(port, spot.y - spot.high / 2 + 8), spot.y + spot.high / 2 - 8)
    return f"M{start:.1f} {side:.1f}{_bend(start, side, words, port)}H{x - BEND:.1f}{_bend(x - BEND, port, x, y)}"


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    return f"M{x1:.1f} {y1:.1f}{_bend(x1, y1, x2, y2)}"


def _bend(x1: float, y1: float, x2: float, y2: float) -> str:
    """From where the path stands, at (x1, y1), level at both ends."""
    middle = (x1 + x2) / 2
    return f"C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"


def _apart(box: Spot, i: int, count: int) -> float:
    """Where the i-th of some links ends at the side of a box."""
    return box.y + (box.high - END) * ((i + 0.5) / count - 0.5)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
