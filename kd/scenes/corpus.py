"""A scene corpus: clips with one label each, in the layout of TAU Urban Acoustic Scenes."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kd.corpus.audio_files import probe_all
from kd.corpus.layout import inside, list_audio, some
from kd.corpus.names import check_slugs
from kd.corpus.table_text import count
from kd.errors import UserError, did_you_mean
from kd.scenes.clips import SceneClip, ScenePart
from kd.scenes.held_out import held_out
from kd.scenes.layout import need_setup, scene_root
from kd.scenes.tables import AUDIO, META, Row, read_meta, read_setup


@dataclass(frozen=True)
class SceneCorpus:
    """root: the folder, links resolved; classes: sorted; report: None where nothing is reported.

    notes: one line each on what was absent, skipped or is worth knowing. digest: sha256 of classes, and of each part's
    clips, their labels and contents: the same wherever the corpus lies.
    """

    root: Path
    classes: tuple[str, ...]
    train: ScenePart
    select: ScenePart
    report: ScenePart | None
    notes: tuple[str, ...]
    digest: str


def load_scenes(
    root: Path | str,
    *,
    train: str = "fold1_train",
    select_on: str = "",
    report_on: str = "fold1_evaluate",
    hold_out: float = 0.2,
    seed: int = 0,
    classes: Sequence[str] = (),
    missing: Literal["error", "skip"] = "error",
    cache: Path | None = None,
) -> SceneCorpus:
    """Read a corpus and check what training relies on.

    train, select_on, report_on: tables; select_on empty: about `hold_out` of the clips of `train` are set aside, by seed,
    whole places at a time; it may be report_on. classes: only these. missing: whether a listed clip without audio is an
    error, or is dropped and counted in the notes. cache: a JSON file that keeps hashes of files unchanged in size and time.

    Raises UserError for the first thing found wrong, with file and line.
    """
    root = scene_root(root)
    meta_path = root / META
    meta = read_meta(meta_path)
    tables = {}
    for role, name in (("train", train), ("select_on", select_on), ("report_on", report_on)):
        if name:
            tables[role] = read_setup(need_setup(root, name, role=role), meta, meta_path=meta_path)
        elif role == "train":
            raise UserError("train is empty", "name its table, such as train=fold1_train")
    chosen = _classes(tables, {"train": train, "select_on": select_on, "report_on": report_on}, classes, root)
    kept = {role: {n: row for n, row in table.items() if row.label in chosen} for role, table in tables.items()}
    clips, notes = _clips(root, kept, missing=missing, cache=cache)
    parts = {role: [clips[name] for name in table if name in clips] for role, table in kept.items()}
    names = {"train": train, "select_on": select_on, "report_on": report_on}
    _check_apart(parts, names)
    if select_on:
        select = ScenePart(select_on, tuple(parts["select_on"]))
        if select_on == report_on:
            notes.append("select_on and report_on are the same table: what is reported was chosen on, and is too good")
    else:
        first, second, lines = held_out(parts["train"], chosen, share=hold_out, seed=seed, table=train)
        parts["train"], notes = first, notes + lines
        select = ScenePart(f"{train}, held out", tuple(second))
    report = ScenePart(report_on, tuple(parts["report_on"])) if report_on else None
    training = ScenePart(train, tuple(parts["train"]))
    used = [part for part in (training, select, report) if part is not None]
    for part in used:
        if absent := sorted(set(chosen) - {clip.label for clip in part.clips}):
            if part is training:
                raise UserError(f"{part.name}: no clip of {', '.join(absent)}", "add some, or name classes=")
            notes.append(f"{part.name}: no clip of {', '.join(absent)}")
    notes += _notes(training, report)
    return SceneCorpus(root, chosen, training, select, report, tuple(notes), _digest(chosen, used))


def _classes(
    tables: Mapping[str, Mapping[str, Row]], names: Mapping[str, str], wanted: Sequence[str], root: Path
) -> tuple[str, ...]:
    known = sorted({row.label for row in tables["train"].values()})
    for name in wanted:
        if name not in known:
            raise UserError(
                f"classes={name}: {names['train']} has no clip of it",
                did_you_mean(name, known) or f"the classes are {', '.join(known)}",
            )
        if list(wanted).count(name) > 1:
            raise UserError(f"classes={name} is given twice", "give it once")
    chosen = tuple(sorted(wanted or known))
    if len(chosen) < 2:
        raise UserError(f"{names['train']}: all clips are {chosen[0]!r}", "a classifier needs two scenes or more")
    for role, table in tables.items():
        for row in table.values():
            if not wanted and row.label not in known:
                raise UserError(
                    f"{root / 'evaluation_setup' / names[role]}.csv:{row.line}: the scene {row.label!r} is not in "
                    f"{names['train']}",
                    did_you_mean(row.label, known) or f"name the classes to use: classes={','.join(known)}",
                )
    check_slugs(chosen)
    return chosen


def _clips(
    root: Path, tables: Mapping[str, Mapping[str, Row]], *, missing: Literal["error", "skip"], cache: Path | None
) -> tuple[dict[str, SceneClip], list[str]]:
    """Every clip listed whose audio is there, by name, and notes."""
    rows = {name: row for table in tables.values() for name, row in table.items()}
    listing = list_audio(root, root / AUDIO)
    plain = {name: name.partition("/")[2] for name in rows}
    for name in rows:
        if problem := listing.problems.get(plain[name]):
            raise UserError(problem, "copy the file into the corpus folder")
    notes = []
    if absent := [name for name in rows if plain[name] not in listing.files]:
        if missing == "error" or len(absent) == len(rows):
            where = some(absent) if (root / AUDIO).is_dir() else f"there is no folder {root / AUDIO}"
            hint = "missing=skip leaves such clips out" if len(absent) < len(rows) else "get its audio"
            raise UserError(f"{root}: {len(absent)} of {count(len(rows), 'listed clip')} without audio: {where}", hint)
        notes.append(f"{len(absent)} of {count(len(rows), 'listed clip')} skipped: no audio")
    paths = {name: listing.files[plain[name]] for name in rows if plain[name] in listing.files}
    facts = probe_all(paths.values(), cache=cache)
    for path in paths.values():
        inside(root, path)
        if problem := facts[path].problem:
            raise UserError(f"{path}: {problem}", "replace the file, or take its rows out of the tables")
    return {
        name: SceneClip(name, path, rows[name].label, rows[name].place or name, facts[path])
        for name, path in paths.items()
    }, notes


def _check_apart(parts: Mapping[str, Sequence[SceneClip]], names: Mapping[str, str]) -> None:
    """Raise UserError where a clip, or its audio under another name, is in a training and in a scored part."""
    training = {clip.name: clip for clip in parts["train"]}
    contents = {clip.facts.sha256: clip for clip in parts["train"]}
    for role in ("select_on", "report_on"):
        for clip in parts.get(role, ()):
            if clip.name in training:
                raise UserError(
                    f"{names['train']} and {names[role]} share {clip.name!r}", "what is scored must be new to the model"
                )
            if twin := contents.get(clip.facts.sha256):
                raise UserError(
                    f"{twin.path} and {clip.path} are the same audio, in {names['train']} and {names[role]}",
                    "what is scored must be new to the model: remove one of them",
                )


def _notes(training: ScenePart, report: ScenePart | None) -> list[str]:
    notes = []
    if report is not None:
        places = {clip.place for clip in training.clips} & {clip.place for clip in report.clips}
        if places:
            notes.append(
                f"{count(len(places), 'place')} of {report.name} are places of {training.name} too: {some(sorted(places))}"
            )
    every = [*training.clips, *(report.clips if report else ())]
    for what, values in (
        ("samples per second", Counter(clip.facts.rate for clip in every)),
        ("channels", Counter(clip.facts.channels for clip in every)),
    ):
        if len(values) > 1:
            notes.append(f"{what} differ: {', '.join(f'{n} files have {v}' for v, n in values.most_common())}")
    return notes


def _digest(classes: Sequence[str], parts: Iterable[ScenePart]) -> str:
    listed = [[part.name, [[c.name, c.label, c.place, c.facts.sha256] for c in part.clips]] for part in parts]
    return hashlib.sha256(json.dumps([list(classes), listed]).encode()).hexdigest()
