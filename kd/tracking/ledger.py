"""The ledger of a registered model: every set of alias moves is an entry, kept in the model's tags.

Tag `kd.move.<number>` is an entry as JSON. What is too long for one tag goes on in `kd.move.<number>.2`, `.3`, ..., which
are written first: an entry is there, whole, once its own tag is.
"""

import getpass
import json
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from kd.errors import UserError
from kd.tracking.registry import LONGEST, Registry

PREFIX = "kd.move."
HEAD = re.compile(rf"{re.escape(PREFIX)}(\d+)")
MOST_WORDS = 200  # characters of why and by
Kind = Literal["job", "person"]
Move = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One set of moves.

    status: `pending` until every alias is moved, then `done`; kind: a job moved them, or a person; by: user@host; at: UTC,
    ISO; why: such as `pass 3`; run: id of the run with the evidence, or empty; about: what the mover should find again;
    aliases: alias to where it stood and where it goes, None where it stands nowhere.
    """

    number: int
    status: Literal["pending", "done"]
    kind: Kind
    by: str
    at: str
    why: str
    run: str
    about: Mapping[str, Any]
    aliases: Mapping[str, Move]


class Ledger:
    """The entries of one registered model."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def entries(self) -> list[Entry]:
        """All entries, oldest first. Raises UserError for a tag that holds none."""
        tags = self.registry.tags()
        numbers = sorted(int(found[1]) for key in tags if (found := HEAD.fullmatch(key)))
        return [self._entry(number, tags) for number in numbers]

    def write(self, entry: Entry) -> None:
        """Keep a new entry, whole or not at all."""
        for part, value in reversed(list(enumerate(_texts(entry), start=1))):
            self.registry.set_tag(_key(entry.number, part), value)

    def finish(self, entry: Entry) -> None:
        """Mark an entry that was written as done."""
        self.registry.set_tag(_key(entry.number, 1), _texts(replace(entry, status="done"))[0])

    def _entry(self, number: int, tags: Mapping[str, str]) -> Entry:
        try:
            said = json.loads(tags[_key(number, 1)])
            parts = [said, *(json.loads(tags[_key(number, i)]) for i in range(2, said.pop("parts") + 1))]
            aliases = {alias: (old, new) for part in parts for alias, (old, new) in part["aliases"].items()}
            return Entry(number=number, **{**said, "aliases": aliases})
        except (KeyError, ValueError, TypeError, AttributeError):
            raise UserError(
                f"the tag {_key(number, 1)} of {self.registry.name} is no entry of alias moves",
                "delete the tag in the MLflow UI",
            ) from None


def new_entry(
    entries: Sequence[Entry],
    aliases: Mapping[str, Move],
    *,
    status: Literal["pending", "done"] = "pending",
    kind: Kind,
    why: str,
    run: str = "",
    about: Mapping[str, Any] | None = None,
) -> Entry:
    """The entry that follows `entries`, by this user, now."""
    return Entry(
        number=1 + max((entry.number for entry in entries), default=0),
        status=status,
        kind=kind,
        by=_user()[:MOST_WORDS],
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        why=why[:MOST_WORDS],
        run=run,
        about=dict(about or {}),
        aliases=dict(aliases),
    )


def newest(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Alias to the last entry that names it."""
    return {alias: entry for entry in entries for alias in entry.aliases}


def places(entries: Iterable[Entry]) -> dict[str, int | None]:
    """Alias to where the last entry that names it put it."""
    return {alias: entry.aliases[alias][1] for alias, entry in newest(entries).items()}


def _user() -> str:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container may run a user that has no name
        name = "unknown"
    return f"{name}@{platform.node()}"


def _key(number: int, part: int) -> str:
    return f"{PREFIX}{number:06d}" + (f".{part}" if part > 1 else "")


def _texts(entry: Entry) -> list[str]:
    """The tags of an entry. What goes into which does not depend on its status."""
    said = {
        "status": entry.status,
        "kind": entry.kind,
        "by": entry.by,
        "at": entry.at,
        "why": entry.why,
        "run": entry.run,
        "about": dict(entry.about),
    }
    shares: list[dict[str, Move]] = [{}]
    room = LONGEST - len(json.dumps({**said, "status": "pending", "parts": 999, "aliases": {}}))
    for alias, move in entry.aliases.items():
        needed = len(json.dumps({alias: move}))
        if needed > room:
            shares.append({})
            room = LONGEST - len(json.dumps({"aliases": {}}))
        shares[-1][alias] = move
        room -= needed
    first = json.dumps({**said, "parts": len(shares), "aliases": shares[0]})
    return [first, *(json.dumps({"aliases": share}) for share in shares[1:])]
