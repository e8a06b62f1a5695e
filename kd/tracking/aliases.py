"""Moving many aliases as one: a pending manifest first, the aliases second, done last.

MLflow moves one alias at a time. The manifest, a tag of the registered model written before the first move, says where
each alias was and where it goes; after a crash the next start finishes it, from whatever machine. An alias that stands
at neither place of a pending manifest, or has left the place of a done one, was moved by a person: it stays a person's
until the next manifest names it.
"""

import json
from collections.abc import Mapping
from typing import Any

from kd.tracking.registry import Registry

TAG = "kd.aliases"


class AliasMoves:
    """The manifest of one registered model."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def move(self, targets: Mapping[str, int], *, about: Mapping[str, Any]) -> None:
        """Put every alias of `targets` on its version; other aliases of the last manifest stay in it."""
        now = self.registry.aliases()
        known = {alias: {"old": move["new"], "new": move["new"]} for alias, move in self._read()["aliases"].items()}
        moves = {alias: {"old": now.get(alias), "new": version} for alias, version in sorted(targets.items())}
        manifest = {"status": "pending", "about": dict(about), "aliases": {**known, **moves}}
        self._write(manifest)
        self._finish(moves, now)
        self._write({**manifest, "status": "done"})

    def reconcile(self) -> dict[str, int]:
        """Finish what a crash left pending; returns the aliases a person moved, with the versions they stand on."""
        manifest = self._read()
        moves, now = manifest["aliases"], self.registry.aliases()
        places = {alias: {move["new"]} for alias, move in moves.items()}
        if manifest["status"] == "pending":
            places = {alias: {move["old"], move["new"]} for alias, move in moves.items()}
            self._finish(moves, now)
            self._write({**manifest, "status": "done"})
        return {alias: now[alias] for alias, own in places.items() if alias in now and now[alias] not in own}

    def last(self) -> dict[str, Any]:
        """What `about` the last manifest was given; empty where there is none."""
        return dict(self._read()["about"])

    def _finish(self, moves: Mapping[str, Mapping[str, int | None]], now: Mapping[str, int]) -> None:
        for alias, move in moves.items():
            if now.get(alias) == move["old"] and move["new"] is not None and move["new"] != move["old"]:
                self.registry.move(alias, move["new"])

    def _read(self) -> dict[str, Any]:
        text = self.registry.tag(TAG)
        return dict(json.loads(text)) if text else {"status": "done", "about": {}, "aliases": {}}

    def _write(self, manifest: Mapping[str, Any]) -> None:
        self.registry.set_tag(TAG, json.dumps(manifest))
