"""A scene corpus described, and what would spoil training with it: what `check_data` prints of one."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kd.corpus.audio_files import AudioFacts
from kd.corpus.check_audio import heard_all
from kd.corpus.check_text import bullets, number, section, span
from kd.corpus.checks import Report, line_of
from kd.corpus.layout import list_audio, some
from kd.corpus.table_text import count
from kd.errors import UserError
from kd.scenes.corpus import load_scenes
from kd.scenes.layout import need_setup, scene_root
from kd.scenes.tables import AUDIO, META, Row, read_meta, read_setup, setup_names
from kd.text import aligned


@dataclass(frozen=True)
class Heard:
    """What the audio of a table is. rows: by file name; facts: of those that are there, with whether all is silence."""

    rows: Mapping[str, Row]
    facts: Mapping[str, tuple[AudioFacts, bool]]


def check_scenes(root: Path | str) -> Report:
    """Describe every table of a scene corpus, listening to all audio. Raises UserError where there is no corpus."""
    root = scene_root(root)
    spoils: list[str] = []
    notes: list[str] = []
    tables: dict[str, Mapping[str, Row]] = {}
    try:
        meta = read_meta(root / META)
        for name in setup_names(root):
            try:
                tables[name] = read_setup(need_setup(root, name, role="table"), meta, meta_path=root / META)
            except UserError as error:
                spoils.append(line_of(error))
    except UserError as error:
        return _report(root, {}, [], [line_of(error)])
    if not tables:
        spoils.append(f"{root}: there is no table in evaluation_setup/")
    listing = list_audio(root, root / AUDIO)
    names = {name: name.partition("/")[2] for rows in tables.values() for name in rows}
    paths = {name: listing.files[plain] for name, plain in names.items() if plain in listing.files}
    facts = dict(zip(paths, heard_all(list(paths.values())), strict=True))
    heard = {name: Heard(rows, {n: facts[n] for n in rows if n in facts}) for name, rows in tables.items()}
    spoils += [f"{paths[name]}: {found.problem}" for name, (found, _) in facts.items() if found.problem][:10]
    if absent := [name for name in names if name not in paths]:
        spoils.append(
            f"{count(len(absent), 'listed clip')} without audio: {some(absent)} (missing=skip leaves them out)"
        )
    for fold in sorted(name.removesuffix("_train") for name in tables if name.endswith("_train")):
        report = f"{fold}_evaluate" if f"{fold}_evaluate" in tables else ""
        try:
            notes += load_scenes(root, train=f"{fold}_train", report_on=report, missing="skip").notes
        except UserError as error:
            spoils.append(line_of(error))
    notes += _twins(facts)
    if extra := sorted(set(listing.files) - set(names.values())):
        notes.append(f"{AUDIO}: {count(len(extra), 'file')} in no table, left alone: {some(extra)}")
    return _report(root, heard, notes, spoils)


def _twins(facts: Mapping[str, tuple[AudioFacts, bool]]) -> list[str]:
    same: dict[str, list[str]] = defaultdict(list)
    for name, (found, _) in facts.items():
        same[found.sha256].append(name)
    return [f"the same audio: {some(names)}" for names in same.values() if len(names) > 1]


def _report(root: Path, heard: Mapping[str, Heard], notes: Sequence[str], spoils: Sequence[str]) -> Report:
    spoils = list(dict.fromkeys(spoils))
    parts = (
        f"scene corpus {root}\n",
        section("tables", _tables(heard)),
        section("scenes: clips of each table", _scenes(heard)),
        section("notes", bullets(list(dict.fromkeys(notes)))),
        section("what spoils training", bullets(spoils)) or "nothing spoils training\n",
    )
    return Report("\n".join(part for part in parts if part), tuple(spoils))


def _tables(heard: Mapping[str, Heard]) -> str:
    head = ["table", "clips", "places", "scenes", "absent", "bad", "silent", "hours", "seconds", "Hz", "channels"]
    rows = [head]
    for name, found in heard.items():
        good = [fact for fact, _ in found.facts.values() if not fact.problem]
        rows.append(
            [
                name,
                str(len(found.rows)),
                str(len({row.place for row in found.rows.values()})),
                str(len({row.label for row in found.rows.values()})),
                str(len(found.rows) - len(found.facts)),
                str(sum(bool(fact.problem) for fact, _ in found.facts.values())),
                str(sum(silent for _, silent in found.facts.values())),
                number(sum(fact.seconds for fact in good) / 3600),
                span([fact.seconds for fact in good]),
                span([fact.rate for fact in good], 0),
                span([fact.channels for fact in good], 0),
            ]
        )
    return aligned(rows, rule=True) if heard else ""


def _scenes(heard: Mapping[str, Heard]) -> str:
    counts = {name: Counter(row.label for row in found.rows.values()) for name, found in heard.items()}
    rows = [["scene", *counts]]
    for label in sorted(set().union(*counts.values())):
        rows.append([label, *(str(each[label]) for each in counts.values())])
    return aligned(rows, rule=True) if counts else ""
