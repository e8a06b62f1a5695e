"""Moving many aliases as one: a pending entry of the ledger first, the aliases second, done last.

MLflow moves one alias at a time. The entry, written before the first move, says where each alias was and where it goes;
after a crash the next start finishes it, from whatever machine. A job expects an alias where the last entry of a job put
it. One that stands elsewhere was moved by a person, with `promote` or in the MLflow UI: it stays a person's until a job
moves it again, or says that it keeps it there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from kd.tracking.ledger import Entry, Kind, Ledger, Move, new_entry, places
from kd.tracking.registry import Registry

OUTSIDE = "moved outside"


class AliasMoves:
    """The alias moves of one registered model."""

    def __init__(self, registry: Registry) -> None:
        self.registry, self.ledger = registry, Ledger(registry)

    def move(
        self,
        targets: Mapping[str, int | None],
        *,
        why: str,
        about: Mapping[str, Any] | None = None,
        run: str = "",
        kind: Kind = "job",
    ) -> Entry | None:
        """Put every alias of `targets` on its version, or take it off where that is None.

        Returns the entry, None where every alias is where it should be. why, about, run, kind: see `Entry`.
        """
        self.reconcile()
        entries, now = self.ledger.entries(), self.registry.aliases()
        expected = places(entry for entry in entries if entry.kind == "job") if kind == "job" else now
        moves = {
            alias: (now.get(alias), new)
            for alias, new in sorted(targets.items())
            if now.get(alias) != new or expected.get(alias) != new
        }
        if not moves:
            return None
        entry = new_entry(entries, moves, kind=kind, why=why, run=run, about=about)
        self.ledger.write(entry)
        self._carry_out(entry, now)
        return entry

    def reconcile(self) -> dict[str, int]:
        """Finish what a crash left pending, record what was moved outside of this ledger.

        Returns the aliases a person moved since a job last did, with the versions they stand on.
        """
        entries = self.ledger.entries()
        if pending := [entry for entry in entries if entry.status == "pending"]:
            there = {version.number for version in self.registry.versions()}
            for entry in pending:
                kept = {alias: move for alias, move in entry.aliases.items() if move[1] is None or move[1] in there}
                self._carry_out(entry, self.registry.aliases(), kept)
        now = self.registry.aliases()
        if outside := moved_outside(entries, now):
            self.ledger.write(new_entry(entries, outside, status="done", kind="person", why=OUTSIDE))
        expected = places(entry for entry in entries if entry.kind == "job")
        return {alias: now[alias] for alias, place in expected.items() if alias in now and now[alias] != place}

    def last(self) -> dict[str, Any]:
        """What `about` the last entry of a job was given; empty where there is none."""
        return next((dict(entry.about) for entry in reversed(self.ledger.entries()) if entry.kind == "job"), {})

    def _carry_out(self, entry: Entry, now: Mapping[str, int], moves: Mapping[str, Move] | None = None) -> None:
        """Move what still stands where the entry found it; then the entry is done."""
        for alias, (old, new) in (entry.aliases if moves is None else moves).items():
            if now.get(alias) == old and new != old:
                if new is None:
                    self.registry.unset(alias)
                else:
                    self.registry.move(alias, new)
        self.ledger.finish(entry)


def moved_outside(entries: Sequence[Entry], now: Mapping[str, int]) -> dict[str, Move]:
    """Aliases that stand elsewhere than the ledger says, with where it says and where they stand."""
    said = places(entries)
    return {
        alias: (said.get(alias), now.get(alias)) for alias in sorted({*said, *now}) if said.get(alias) != now.get(alias)
    }
