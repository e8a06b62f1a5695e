"""`promote`: move champions by a policy, the merged detector to a stage, or moves back."""

import contextlib

from kd.config import say, to_dict
from kd.errors import UserError
from kd.passes.job import model_locked
from kd.passes.recovery import ended, owner_tags
from kd.promotion.moves import move_table, undone
from kd.promotion.plans import Promotion, of_policy, of_stage
from kd.promotion.settings import PromoteSettings
from kd.tracking.aliases import AliasMoves
from kd.tracking.registry import Registry, check_name
from kd.tracking.runs import Runs
from kd.tracking.store import open_store

PARTNERS = {
    "judged_by": ("policy", "stage"),
    "versions": ("policy",),
    "classes": ("policy",),
    "moves": ("policy",),
    "version": ("stage",),
    "gates": ("stage",),
    "class_drop": ("stage",),
    "calibration": ("stage",),
    "latency_ms": ("stage",),
}


def promote(settings: PromoteSettings) -> int:
    """Say what moves and why, move it, record it; returns the exit code."""
    check_name(settings.model)
    way = way_of(settings)
    client = open_store(there=True)
    runs, registry = Runs(client), Registry(client, settings.model)
    moves = AliasMoves(registry)
    if way == "list":
        say(move_table(moves.ledger.entries(), registry.aliases()))
        return 0
    with contextlib.nullcontext() if settings.dry_run else model_locked(settings.model):
        if not settings.dry_run:
            moves.reconcile()
        promotion = planned(way, settings, moves)
        say(promotion.table)
        if promotion.refused is not None and not settings.dry_run:
            raise promotion.refused
        if settings.dry_run or not promotion.targets:
            say(ending(promotion))
            return 0
        carry_out(promotion, settings, runs, moves)
    return 0


def way_of(settings: PromoteSettings) -> str:
    """`policy`, `stage`, `undo` or `list`. Raises UserError unless the parameters name one of them, and what goes with it."""
    ways = [way for way in ("policy", "stage", "undo", "list") if getattr(settings, way)]
    if len(ways) != 1:
        raise UserError(
            f"{' and '.join(f'{way}=' for way in ways)} are given: one at a time" if ways else "nothing to promote by",
            "give policy=best|significant|manual, stage=candidate|staging|production, undo=NUMBER or list=true",
        )
    defaults = PromoteSettings()
    for name, partners in PARTNERS.items():
        if ways[0] not in partners and getattr(settings, name) != getattr(defaults, name):
            raise UserError(f"{name}= goes with {' or '.join(f'{p}=' for p in partners)} only", f"leave {name} out")
    manual = settings.policy == "manual"
    if settings.policy and not manual and settings.moves:
        raise UserError("moves= goes with policy=manual only", "leave moves out")
    if manual and (settings.versions or settings.classes):
        raise UserError("policy=manual moves what moves= names", "leave versions and classes out")
    return ways[0]


def planned(way: str, settings: PromoteSettings, moves: AliasMoves) -> Promotion:
    """What would move, and why."""
    registry = moves.registry
    versions, aliases = {version.number: version for version in registry.versions()}, registry.aliases()
    if way == "undo":
        return undone(moves.ledger.entries(), settings.undo, versions=versions, aliases=aliases)
    plan = of_policy if way == "policy" else of_stage
    return plan(settings, registry, versions, aliases)


def ending(promotion: Promotion) -> str:
    """The last line where nothing was moved."""
    if not promotion.targets:
        return "nothing moves"
    if promotion.refused is not None:
        return f"would be refused: {promotion.refused.message}"
    return f"would move: {', '.join(promotion.targets)} (dry_run=true: nothing was moved)"


def carry_out(promotion: Promotion, settings: PromoteSettings, runs: Runs, moves: AliasMoves) -> None:
    """Log the evidence on a run, then move the aliases."""
    run = runs.top("promote", {"kd.kind": "promotion", **owner_tags(settings.model)})
    with ended(runs):
        runs.json(run, {**promotion.evidence, "why": promotion.why, "settings": to_dict(settings)}, "promotion.json")
        entry = moves.move(promotion.targets, why=promotion.why, run=run, kind="person")
    if entry is not None:
        say(f"moved: {', '.join(entry.aliases)}")
        say(f"recorded as moves {entry.number} (undo={entry.number} takes them back), evidence: run {run}")
