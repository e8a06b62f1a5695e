"""Versions and who taught whom, from one version back: a graph in memory, without a store."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from kd.lineage.facts import Facts
from kd.tracking.lineage import Key


@dataclass(frozen=True, slots=True)
class Link:
    """A version that gave another one classes: as its champion, or as its teacher."""

    source: Key
    target: Key
    classes: tuple[str, ...]
    champion: bool


@dataclass(frozen=True)
class Lineage:
    """A version with all that made it.

    versions: in the order they are met, the root first; None: the registry no longer has it. links: from the earlier
    version to the later one.
    """

    root: Key
    versions: Mapping[Key, Facts | None]
    links: tuple[Link, ...]

    @cached_property
    def behind(self) -> dict[Key, tuple[Link, ...]]:
        """The links that end at each version, those of most classes first."""
        found: dict[Key, list[Link]] = {key: [] for key in self.versions}
        for link in self.links:
            found[link.target].append(link)
        return {key: tuple(links) for key, links in found.items()}

    @cached_property
    def final(self) -> frozenset[Key]:
        """The root and, where it is merged, its champions: the networks that are used."""
        return frozenset({self.root} | {link.source for link in self.behind[self.root] if link.champion})

    @cached_property
    def levels(self) -> dict[Key, int]:
        """Versions to columns: right of all that made them, and no further left than their pass.

        A link that closes a circle counts for nothing; what is deleted stands just left of what it made.
        """
        found: dict[Key, int] = {}
        for key in self._earliest_first():
            facts = self.versions[key]
            before = [found[link.source] for link in self.behind[key] if link.source in found]
            own = 0 if facts is None or facts.merged else facts.index
            found[key] = max([own, *(level + 1 for level in before)])
        for key, facts in self.versions.items():
            if facts is None and key != self.root:
                found[key] = max(min(found[link.target] for link in self.links if link.source == key) - 1, 0)
        return found

    def _earliest_first(self) -> list[Key]:
        """All versions, each after those that made it."""
        done: dict[Key, None] = {}
        begun: set[Key] = set()
        waiting = [(self.root, False)]
        while waiting:
            key, ready = waiting.pop()
            if ready:
                done[key] = None
            elif key not in begun:
                begun.add(key)
                waiting.append((key, True))
                waiting += [(link.source, False) for link in self.behind[key]]
        return list(done)


def trace(root: Key, look: Callable[[Key], Facts | None]) -> Lineage:
    """The lineage of `root`; look: the facts of a version, asked once for each."""
    versions: dict[Key, Facts | None] = {}
    links: list[Link] = []
    waiting = [root]
    for key in waiting:
        if key in versions:
            continue
        facts = versions[key] = look(key)
        if facts is not None:
            made_of = [*_links(key, facts.champions, champion=True), *_links(key, facts.teachers, champion=False)]
            links += made_of
            waiting += [link.source for link in made_of]
    return Lineage(root, versions, tuple(links))


def _links(target: Key, sources: Mapping[str, Key], *, champion: bool) -> list[Link]:
    """One link for each version among `sources`, class to version."""
    classes: dict[Key, list[str]] = {}
    for label, source in sorted(sources.items()):
        classes.setdefault(source, []).append(label)
    links = [Link(source, target, tuple(labels), champion) for source, labels in classes.items()]
    return sorted(links, key=lambda link: (-len(link.classes), link.source))
