"""Which champions a policy would move: the best F1 by the registry's tags, or what a person names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kd.errors import UserError, did_you_mean
from kd.passes.champions import Contender, choose
from kd.passes.plan import listed
from kd.tracking.registry import MERGED, NUMBER, PRUNING, STAGES, Version, best_alias

Versions = Mapping[int, Version]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a policy says of one alias.

    label: the class, or the alias where it is no class's; old, new: where it stands, None for nowhere, and where it would
    go, the same where it stays; f1: of both on the selection split, None where unknown; difference: new minus old with
    its interval, where it was computed; held: why it stays although `new` is another.
    """

    label: str
    alias: str
    old: int | None
    new: int
    f1: tuple[float | None, float | None] = (None, None)
    difference: Mapping[str, Any] | None = None
    held: str = ""

    @property
    def moves(self) -> bool:
        """Whether the alias goes to another version."""
        return self.old != self.new and not self.held

    def to_dict(self) -> dict[str, Any]:
        """`{class, alias, from, to, f1: {from, to}, difference, held, moves}`, JSON-able."""
        return {
            "class": self.label,
            "alias": self.alias,
            "from": self.old,
            "to": self.new,
            "f1": {"from": self.f1[0], "to": self.f1[1]},
            "difference": None if self.difference is None else dict(self.difference),
            "held": self.held,
            "moves": self.moves,
        }


def best(
    versions: Versions, aliases: Mapping[str, int], *, kind: str, named: Sequence[int] = (), classes: Sequence[str] = ()
) -> list[Proposal]:
    """Each class's best version among single networks that were scored on its champion's corpus.

    A class without champion takes the best of the newest corpus that knows it. kind: `tuned` or `fixed`; named: who
    contends, empty: all; classes: which, empty: all. Raises UserError for versions that cannot contend.
    """
    pool = [versions[number] for number in named] or [v for v in versions.values() if _contends(v, kind)]
    for version in pool if named else ():
        if not _contends(version, kind):
            raise UserError(
                f"version {version.number} of {version.name} is no single network with {kind} F1 in its tags",
                "name candidates; prune, which deletes nothing unless it is told to, lists all versions",
            )
    return [
        _best_of(label, versions, aliases, pool, kind=kind, strict=bool(named))
        for label in _wanted(classes, pool, kind)
    ]


def manual(versions: Versions, aliases: Mapping[str, int], moves: str) -> list[Proposal]:
    """What `moves=` names, `alias-or-class:version` between commas. Raises UserError for what cannot be."""
    if not moves:
        raise UserError("moves= is empty", "name aliases and versions, such as moves=best-Dog:12,best-Speech:7")
    found: dict[str, Proposal] = {}
    for word in listed(moves, "moves"):
        name, _, text = word.rpartition(":")
        if not name or not NUMBER.fullmatch(text):
            raise UserError(f"moves={word!r} is no alias and version", "write alias:version, such as best-Dog:12")
        version = known(versions, int(text), "moves")
        label, alias = _alias_of(name, versions, version)
        if alias in found:
            raise UserError(f"moves= names {alias} twice", "name each alias once")
        old = aliases.get(alias)
        f1 = tuple(None if n is None else versions[n].scores("tuned").get(label) for n in (old, version.number))
        found[alias] = Proposal(label, alias, old, version.number, (f1[0], f1[1]))
    return list(found.values())


def numbers(text: str, name: str, versions: Versions) -> tuple[int, ...]:
    """The versions that a parameter names. Raises UserError for one that there is not."""
    words = listed(text, name) if text else ()
    if wrong := [word for word in words if not NUMBER.fullmatch(word)]:
        raise UserError(f"{name}={wrong[0]!r} is no version number", "give numbers, separated by commas")
    return tuple(known(versions, int(word), name).number for word in words)


def known(versions: Versions, number: int, name: str) -> Version:
    """The version of a number. Raises UserError where there is none, naming the parameter that asked for it."""
    if number not in versions:
        there = f"versions go from {min(versions)} to {max(versions)}" if versions else "it has none yet"
        raise UserError(f"{name}={number}: there is no such version", there)
    if PRUNING in versions[number].tags:
        raise UserError(f"{name}={number}: prune began to delete this version", "run prune with dry_run=false again")
    return versions[number]


def _contends(version: Version, kind: str) -> bool:
    return bool(version.scores(kind)) and version.kind != MERGED and PRUNING not in version.tags


def _wanted(classes: Sequence[str], pool: Iterable[Version], kind: str) -> list[str]:
    every = sorted({label for version in pool for label in version.scores(kind)})
    if not every:
        raise UserError("no single network in the registry has F1 in its tags", "run iterate first")
    for label in classes:
        if label not in every:
            raise UserError(
                f"classes={label!r}: no contender knows it", did_you_mean(label, every) or f"known: {', '.join(every)}"
            )
    return list(classes) or every


def _best_of(
    label: str, versions: Versions, aliases: Mapping[str, int], pool: Iterable[Version], *, kind: str, strict: bool
) -> Proposal:
    alias = best_alias(label)
    own = [version for version in pool if label in version.scores(kind)]
    old = aliases.get(alias)
    if old is not None and label not in versions[old].scores(kind):
        raise UserError(
            f"{alias} stands on version {old}, which has no {kind} F1 of {label!r} to compare with",
            "move it with policy=manual, or leave the class out with classes=",
        )
    corpus = versions[max(v.number for v in own) if old is None else old].corpus
    if strict and (foreign := [v.number for v in own if v.corpus != corpus]):
        raise UserError(
            f"version {foreign[0]} was scored on another corpus than "
            + (f"{alias}'s version {old}" if old is not None else f"version {max(v.number for v in own)}"),
            "their F1 do not compare: leave it out, or move it with policy=manual",
        )
    contenders = {v.number: Contender(v.number, {label: v.f1(label, kind)}) for v in own if v.corpus == corpus}
    incumbents = {} if old is None else {label: Contender(old, {label: versions[old].f1(label, kind)})}
    if not contenders and old is not None:
        new = old
    else:
        new = choose([label], incumbents=incumbents, challengers=list(contenders.values()))[label]
    before = None if old is None else versions[old].scores(kind)[label]
    return Proposal(label, alias, old, new, (before, versions[new].scores(kind)[label]))


def _alias_of(name: str, versions: Versions, version: Version) -> tuple[str, str]:
    """The class, or else the alias itself, and the alias that `name` means. Raises UserError."""
    if name == MERGED:
        return MERGED, MERGED
    if name in STAGES:
        raise UserError(
            f"moves={name}: stages have their own parameter", f"write stage={name} version={version.number}"
        )
    labels = sorted({label for each in versions.values() for label in each.scores("tuned")})
    by_name = {**{best_alias(label): label for label in labels}, **{label: label for label in labels}}
    if name not in by_name:
        near = did_you_mean(name, list(by_name))
        raise UserError(f"moves={name!r} is neither an alias of a class nor a class", near or "champions lists them")
    label = by_name[name]
    if label not in version.scores("tuned"):
        raise UserError(f"version {version.number} does not know {label!r}", "name a version that was trained on it")
    return label, best_alias(label)
