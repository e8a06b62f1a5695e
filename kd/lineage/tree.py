"""A lineage in the terminal: a tree, each version in full where it is met first."""

import textwrap

from kd.lineage.facts import Facts, labels_in_brief, percent
from kd.lineage.graph import Lineage, Link
from kd.tracking.lineage import Key

WIDTH = 118
LEAST = 40  # columns that a line keeps however deep it stands


def tree(lineage: Lineage) -> str:
    """The version, below it its champions, below each network its teachers; what stands elsewhere is named."""
    lines: list[str] = []
    placed, printed = {lineage.root}, set[Key]()
    waiting: list[tuple[str, str, str, Key | None]] = [("", "", _root(lineage), lineage.root)]
    while waiting:
        first, rest, text, key = waiting.pop()
        lines += _wrapped(first, rest + ("│  " if key and lineage.behind[key] else "   " if first else ""), text)
        if key is None:
            continue
        printed.add(key)
        below: list[tuple[str, Key | None]] = []
        seen: dict[str, list[str]] = {}
        for link in lineage.behind[key]:
            if link.source in placed:
                where = "above" if link.source in printed else "below"
                seen.setdefault(where, []).append(_reference(lineage, link))
            else:
                below.append((_version(lineage, link), link.source))
                placed.add(link.source)
        below += [(f"see {where}: {'; '.join(seen[where])}", None) for where in sorted(seen)]
        for i, (line, source) in reversed(list(enumerate(below))):
            last = i == len(below) - 1
            waiting.append((rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "), line, source))
    return "\n".join(lines)


def called(lineage: Lineage, key: Key) -> str:
    """`version 3`, with the registered model where it is not the root's."""
    return f"version {key[1]}" if key[0] == lineage.root[0] else f"version {key[1]} of {key[0]}"


def given(facts: Facts | None, classes: tuple[str, ...]) -> str:
    """Classes with their F1; where they are all that the version knows, their number and macro F1."""
    if facts is None:
        return ", ".join(classes)
    if len(classes) > 2 and set(classes) == set(facts.tuned):
        return f"all {len(classes)} classes, F1 {percent(facts.macro())}"
    return ", ".join(f"{label} {percent(facts.tuned.get(label))}" for label in classes)


def _root(lineage: Lineage) -> str:
    model, number = lineage.root
    facts = lineage.versions[lineage.root]
    address = f"models:/{model}/{number}"
    if facts is None:
        return f"{address}  not in the registry"
    return f"{address}  {_what(facts)}: {given(facts, tuple(facts.tuned)) or 'no F1 recorded'}{_learnt(facts)}"


def _version(lineage: Lineage, link: Link) -> str:
    facts = lineage.versions[link.source]
    name = called(lineage, link.source)
    if facts is None:
        return f"{name}  no longer in the registry: {given(None, link.classes)}"
    return f"{name}  {_what(facts)}: {given(facts, link.classes)}{_learnt(facts)}"


def _what(facts: Facts) -> str:
    told = facts.name.startswith(facts.architecture)
    return facts.title if told else f"{facts.title} ({facts.architecture})"


def _learnt(facts: Facts) -> str:
    if not facts.recorded:
        return "; what made it is not recorded"
    return "" if facts.merged else f"; learnt from {labels_in_brief(facts)}"


def _reference(lineage: Lineage, link: Link) -> str:
    facts = lineage.versions[link.source]
    every = facts is not None and len(link.classes) > 2 and set(link.classes) == set(facts.tuned)
    return f"{called(lineage, link.source)} ({'all classes' if every else ', '.join(link.classes)})"


def _wrapped(first: str, rest: str, text: str) -> list[str]:
    """Lines of at most `WIDTH` columns, but for those that stand very deep."""
    lines = textwrap.wrap(text, max(WIDTH - len(rest), LEAST), break_long_words=False, break_on_hyphens=False)
    return [f"{first if i == 0 else rest}{line}" for i, line in enumerate(lines)]
