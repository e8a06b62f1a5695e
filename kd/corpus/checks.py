"""A corpus described, and what would spoil training with it: what `-e check_data` prints."""

import collections
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

from kd.corpus.audio import late_events, shared_audio
from kd.corpus.audio_files import AudioFacts
from kd.corpus.check_audio import Heard, hear
from kd.corpus.check_text import bullets, median, number, section, span
from kd.corpus.corpus import load_corpus
from kd.corpus.layout import corpus_root, find_table, some, split_names
from kd.corpus.makers import FEW_MAKERS, makers_of, twin_of
from kd.corpus.roles import SCORED, TRAINING, Roles
from kd.corpus.splits import Split, read_any
from kd.corpus.table_text import count
from kd.corpus.tables import read_names, read_table_kind
from kd.errors import UserError
from kd.text import aligned

REMOVAL = "files_to_remove"


@dataclass(frozen=True)
class Report:
    """text: the whole report; spoils: one line for each thing that training would refuse or be spoiled by."""

    text: str
    spoils: tuple[str, ...]


def check(
    root: Path | str,
    *,
    roles: Roles | None = None,
    classes: Sequence[str] = (),
    missing: Literal["error", "skip"] = "error",
) -> Report:
    """Describe every split below metadata/, listening to all audio, and collect what spoils the splits with a role.

    A corpus without any audio is described by its labels. Raises UserError only where there is no corpus to describe.
    """
    root, roles = corpus_root(root), roles or Roles()
    parts: dict[str, list[str]] = collections.defaultdict(list)
    for role, name in roles.items():
        parts[name].append(role)
    splits, removals, spoils = _read_all(root)
    known: dict[Path, tuple[AudioFacts, bool]] = {}
    heard = {split.name: hear(root, split, known) for split in splits}
    silent_corpus = not any(h.facts or h.bad for h in heard.values())
    notes = _removal_notes(removals, splits)
    refusal = ""
    try:
        notes += load_corpus(root, roles=roles, classes=classes, missing=missing, need_audio=False).notes
    except UserError as error:
        refusal = line_of(error)
    training = [heard[n] for n in _names(roles, TRAINING) if n in heard]
    scored = [heard[n] for n in _names(roles, SCORED) if n in heard]
    spoils += _shared(training, scored)
    if refusal and not any(refusal.startswith(line) for line in spoils):
        spoils.append(refusal)
    for each in scored:
        lines, problem = _makers(root, each.split)
        notes += lines
        spoils += problem
    notes += _overlaps(splits, {(t.split.name, s.split.name) for t in training for s in scored})
    if silent_corpus:
        notes.append("there is no audio: labels alone were checked")
    else:
        for name, found in heard.items():
            wrong = _audio_spoils(found, missing)
            (spoils if parts[name] else notes).extend(wrong)
            notes += _audio_notes(found, missing)
    spoils = list(dict.fromkeys(spoils))
    text = "\n".join(
        part
        for part in (
            f"corpus {root}\n",
            section("splits", _split_table(heard, parts, silent_corpus)),
            section(
                "classes: clips of weak tables; events of strong tables and their median seconds", _classes(splits)
            ),
            section("notes", bullets(list(dict.fromkeys(notes)))),
            section("what spoils training", bullets(spoils)) or "nothing spoils training\n",
        )
        if part
    )
    return Report(text, tuple(spoils))


def _read_all(root: Path) -> tuple[list[Split], dict[str, tuple[str, ...]], list[str]]:
    """(splits, {removal list: its names}, what is wrong with tables)."""
    splits: list[Split] = []
    removals: dict[str, tuple[str, ...]] = {}
    wrong: list[str] = []
    for name in split_names(root):
        try:
            table = find_table(root, name)
            if table is None:
                continue
            if name.rsplit("/", 1)[-1] == REMOVAL and read_table_kind(table) == "names":
                removals[name] = read_names(table)
            else:
                splits.append(read_any(root, name, table))
        except UserError as error:
            wrong.append(line_of(error))
    return splits, removals, wrong


def line_of(error: UserError) -> str:
    """An error in one line."""
    return f"{error.message}; {error.hint}" if error.hint else error.message


def _names(roles: Roles, some_roles: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for role, name in roles.items() if role in some_roles and name))


def _shared(training: list[Heard], scored: list[Heard]) -> list[str]:
    lines = []
    for left in training:
        for right in scored:
            a, b = left.split, right.split
            names = set(b.names)
            if both := [name for name in a.names if name in names]:
                lines.append(f"{a.name} and {b.name} share {count(len(both), 'clip')}: {some(both)}")
            if pairs := [pair for pair in shared_audio(a, b) if pair[0].name != pair[1].name]:
                lines.append(
                    f"{a.name} and {b.name} share audio under other names, {count(len(pairs), 'pair')}: "
                    f"{pairs[0][0].name!r} is {pairs[0][1].name!r}"
                )
    return lines


def _makers(root: Path, split: Split) -> tuple[list[str], list[str]]:
    """(notes, what spoils) about who made the sounds of a scored split, where its table or the twin tells."""
    try:
        makers = makers_of(table=split.table, events=split.events, twin=twin_of(root, split.name))
    except UserError as error:
        return [], [line_of(error)]
    by_class: dict[str, set[str]] = collections.defaultdict(set)
    for (_, label), names in (makers or {}).items():
        by_class[label] |= names
    few = sorted(label for label, names in by_class.items() if len(names) < FEW_MAKERS)
    said = f"{split.name}: fewer than {FEW_MAKERS} makers, so that intervals by maker say little: {', '.join(few)}"
    return [said] if few else [], []


def _overlaps(splits: list[Split], told: set[tuple[str, str]]) -> list[str]:
    lines = []
    for a, b in combinations(splits, 2):
        if (a.name, b.name) in told or (b.name, a.name) in told:
            continue
        if both := len(set(a.names) & set(b.names)):
            lines.append(f"{a.name} and {b.name} share {count(both, 'clip')}")
    return lines


def _removal_notes(removals: dict[str, tuple[str, ...]], splits: list[Split]) -> list[str]:
    lines = []
    for name, names in removals.items():
        held = {s.name: len(set(names) & set(s.names)) for s in splits}
        where = ", ".join(f"{n} of them in {split}" for split, n in held.items() if n) or "none of them in any split"
        lines.append(f"{name} is a removal list of {count(len(names), 'clip')}, not a split: {where}")
    return lines


def _audio_spoils(found: Heard, missing: str) -> list[str]:
    split, lines = found.split, []
    lacking = f"{split.name}: {len(found.absent)} of {count(len(split.clips), 'listed clip')} without audio"
    if found.absent and missing == "error":
        lines.append(f"{lacking}: {some(list(found.absent))} (missing=skip leaves them out)")
    elif found.absent and len(found.absent) == len(split.clips):
        lines.append(lacking)
    more = f" ({count(len(found.bad), 'such file')} in {split.name})" if len(found.bad) > 3 else ""
    return lines + [line + more for line in found.bad[:3]]


def _audio_notes(found: Heard, missing: str) -> list[str]:
    split, lines = found.split, []
    if found.absent and missing == "skip":
        lines.append(f"{split.name}: {len(found.absent)} of {count(len(split.clips), 'listed clip')} skipped: no audio")
    if found.silent:
        lines.append(f"{split.name}: {count(len(found.silent), 'clip')} of silence: {some(list(found.silent))}")
    if found.twins:
        first = " is ".join(repr(name) for name in found.twins[0][:2])
        lines.append(f"{split.name}: {count(sum(len(t) - 1 for t in found.twins), 'duplicate')}: {first}")
    return lines + late_events(split, split.clips)


def _split_table(heard: dict[str, Heard], parts: dict[str, list[str]], silent_corpus: bool) -> str:
    head = ["split", "role", "kind", "clips", "empty", "events"]
    audio = [] if silent_corpus else ["absent", "bad", "silent", "twins", "hours", "seconds", "Hz", "channels"]
    rows = [head + audio]
    for name, h in heard.items():
        split, facts = h.split, h.facts
        empty = "-" if split.kind == "names" else str(sum(not tags for tags in split.tags.values()))
        events = str(sum(map(len, split.events.values()))) if split.kind == "strong" else "-"
        row = [name, "+".join(parts[name]) or "-", split.kind, str(len(split.clips)), empty, events]
        if not silent_corpus:
            row += [str(len(h.absent)), str(len(h.bad)), str(len(h.silent)), str(sum(len(t) - 1 for t in h.twins))]
            row += [number(sum(f.seconds for f in facts) / 3600), span([f.seconds for f in facts])]
            row += [span([f.rate for f in facts], 0), span([f.channels for f in facts], 0)]
        rows.append(row)
    return aligned(rows, left=3, rule=True) if len(rows) > 1 else ""


def _classes(splits: list[Split]) -> str:
    labelled = [split for split in splits if split.labels]
    rows = [["class"]]
    for split in labelled:
        rows[0] += [split.name] if split.kind == "weak" else [split.name, "median"]
    for label in [*sorted(frozenset().union(*(s.labels for s in labelled))), "all"]:
        row = [label]
        for split in labelled:
            if split.kind == "weak":
                row.append(str(sum(label in t or label == "all" for t in split.tags.values() if t)))
                continue
            lengths = [
                e.offset - e.onset for found in split.events.values() for e in found if label in (e.label, "all")
            ]
            row += [str(len(lengths)), number(median(lengths) if lengths else None)]
        rows.append(row)
    return aligned(rows, rule=True) if labelled else ""
