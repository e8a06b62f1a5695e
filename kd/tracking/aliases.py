"""Moving many aliases as one: a pending manifest first, the aliases second, done last.

MLflow moves one alias at a time. The manifest, written before the first move, says where each alias was and where it
goes; after a crash the next start finishes it. An alias that stands at neither place, or that has left the place of the
last finished manifest, was moved by a person.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kd.files import atomic_write_text
from kd.tracking.registry import Registry


class AliasMoves:
    """The manifest of one registered model on one store, at `path`."""

    def __init__(self, path: Path, registry: Registry) -> None:
        self.path, self.registry = path, registry

    def move(self, targets: Mapping[str, int], *, about: Mapping[str, Any]) -> None:
        """Put every alias of `targets` on its version."""
        now = self.registry.aliases()
        moves = {alias: {"old": now.get(alias), "new": version} for alias, version in sorted(targets.items())}
        self._write({"status": "pending", "about": dict(about), "aliases": moves})
        self._finish(moves, now)
        self._write({"status": "done", "about": dict(about), "aliases": moves})

    def reconcile(self) -> dict[str, int]:
        """Finish what a crash left pending; returns the aliases a person moved, with the versions they stand on."""
        if not self.path.exists():
            return {}
        manifest = json.loads(self.path.read_text())
        moves = manifest["aliases"]
        now = self.registry.aliases()
        if manifest["status"] == "pending":
            self._finish(moves, now)
            allowed = {alias: {move["old"], move["new"]} for alias, move in moves.items()}
        else:
            allowed = {alias: {move["new"]} for alias, move in moves.items()}
        by_hand = {a: now[a] for a, places in allowed.items() if a in now and now[a] not in places}
        kept = {alias: {**move, "new": by_hand.get(alias, move["new"])} for alias, move in moves.items()}
        self._write({**manifest, "status": "done", "aliases": kept})
        return by_hand

    def last(self) -> dict[str, Any]:
        """What `about` the last manifest was given; empty where there is none."""
        return dict(json.loads(self.path.read_text())["about"]) if self.path.exists() else {}

    def _finish(self, moves: Mapping[str, Mapping[str, int | None]], now: Mapping[str, int]) -> None:
        for alias, move in moves.items():
            if now.get(alias) == move["old"] and move["new"] is not None and move["new"] != move["old"]:
                self.registry.move(alias, move["new"])

    def _write(self, manifest: Mapping[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write_text(self.path, json.dumps(manifest, indent=1))
