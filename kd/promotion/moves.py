"""The moves that were made, as people read them, and how one set of them is taken back."""

from collections.abc import Mapping, Sequence

from kd.errors import UserError
from kd.promotion.plans import Promotion
from kd.promotion.policies import Versions, known
from kd.text import aligned
from kd.tracking.aliases import OUTSIDE, moved_outside
from kd.tracking.ledger import Entry, newest


def move_table(entries: Sequence[Entry], now: Mapping[str, int]) -> str:
    """A line for each alias that was moved, oldest first; last those moved outside that no entry tells of yet."""
    rows = [["number", "when", "who", "why", "alias", "from", "to", "run"]]
    for entry in entries:
        why = f"{entry.kind}: {entry.why}" + (" (pending)" if entry.status == "pending" else "")
        for alias, (old, new) in entry.aliases.items():
            said = [str(entry.number), entry.at, entry.by, why, alias, place(old), place(new), entry.run or "-"]
            rows.append(said)
    for alias, (old, new) in moved_outside(entries, now).items():
        rows.append(["-", "-", "-", f"person: {OUTSIDE}", alias, place(old), place(new), "-"])
    return aligned(rows, left=5) if len(rows) > 1 else "no alias was ever moved"


def place(version: int | None) -> str:
    """A version's number, `none` where an alias stands on none."""
    return "none" if version is None else str(version)


def undone(entries: Sequence[Entry], number: int, *, versions: Versions, aliases: Mapping[str, int]) -> Promotion:
    """The moves of an entry, back. Raises UserError where there is none, or its aliases have moved on, or cannot go back."""
    entry = next((each for each in entries if each.number == number), None)
    if entry is None:
        there = f"they go from 1 to {entries[-1].number}" if entries else "there are none yet"
        raise UserError(f"undo={number}: there are no moves of that number", f"{there}; list=true prints them")
    moved = {alias: move for alias, move in entry.aliases.items() if move[0] != move[1]}
    on = [alias for alias, (_, new) in moved.items() if aliases.get(alias) != new]
    if on:
        last = newest(entries)[on[0]]
        since = f"by moves {last.number}" if last.number != number else "outside"
        raise UserError(
            f"undo={number}: {', '.join(on)} moved on since: {on[0]} was put to {place(moved[on[0]][1])}, "
            f"and {since} to {place(aliases.get(on[0]))}",
            "undo the later moves first, or use policy=manual",
        )
    for old, _ in moved.values():
        if old is not None:
            known(versions, old, f"undo={number}, back to version")
    rows = [["alias", "now", "back to"], *([alias, place(new), place(old)] for alias, (old, new) in moved.items())]
    evidence = {
        "undo": number,
        "moves": [{"alias": alias, "from": new, "to": old} for alias, (old, new) in moved.items()],
    }
    return Promotion({alias: old for alias, (old, _) in moved.items()}, f"undo of {number}", evidence, aligned(rows))
