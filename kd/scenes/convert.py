"""From folders of recordings to the layout of a scene corpus: `convert_scenes`."""

import random
import re
import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kd.config import say, user_path
from kd.corpus.audio_files import probe_all
from kd.corpus.names import class_name_problem, clip_name_problem
from kd.corpus.table_text import count
from kd.errors import UserError
from kd.files import new_folder, real, sync_folder
from kd.scenes.convert_settings import ConvertSettings
from kd.scenes.tables import AUDIO, write_scene_tables
from kd.scoring.score_files import AUDIO as ENDINGS

LAYOUT = "it holds class/recording.wav, or fold1/class/recording.wav"


@dataclass(frozen=True, slots=True)
class Found:
    """A recording. fold: empty where folders name none; place: what recordings that belong together have in common."""

    path: Path
    label: str
    fold: str
    place: str

    @property
    def name(self) -> str:
        """What it is called in the corpus."""
        return f"{AUDIO}/{'-'.join(part for part in (self.label, self.fold, self.path.name) if part)}"


def convert_scenes(settings: ConvertSettings) -> int:
    """Copy recordings into a new corpus, whole or not at all; returns the exit code."""
    source, out = user_path(settings.source, "source"), user_path(settings.out, "out").absolute()
    check_places(settings, source, out)
    found, notes = recordings(source, settings.group)
    folds = folds_of(found, folds=settings.folds, seed=settings.seed)
    write_corpus(out, found, folds)
    for note in notes:
        say(f"note: {note}")
    labels = sorted({each.label for each in found})
    say(f"{count(len(found), 'recording')} of {count(len(labels), 'scene')} in {count(len(set(folds)), 'fold')}: {out}")
    say(f"to look at it: python -m entrypoints.check_data --data {out}")
    return 0


def check_places(settings: ConvertSettings, source: Path, out: Path) -> None:
    """Raises UserError where one of them cannot be used."""
    if not settings.source or not settings.out:
        missing = "source" if not settings.source else "out"
        raise UserError(f"{missing}= is empty", "give source=FOLDER out=FOLDER")
    if not source.is_dir():
        raise UserError(f"source={settings.source}: there is no such folder", "check the path")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"out={settings.out}: there is something already", "name an absent or empty folder")
    if real(out).is_relative_to(real(source)):
        raise UserError(f"out={settings.out} lies inside source={settings.source}", "name a folder elsewhere")


def recordings(source: Path, group: str) -> tuple[list[Found], list[str]]:
    """Every recording below `fold/class/` or `class/`, sorted, and notes on what was left alone.

    group: a regular expression; what it finds in a name (its first group, where it has one) is the recording's place.
    Raises UserError for what is no collection of scenes, and for audio that cannot be read.
    """
    pattern = _pattern(group)
    folders = sorted(path for path in source.iterdir() if path.is_dir() and not path.name.startswith("."))
    folded = any(path.is_dir() and _audio(path) for folder in folders for path in folder.iterdir())
    classes = (
        [(folder.name, path) for folder in folders for path in sorted(folder.iterdir()) if path.is_dir()]
        if folded
        else [("", folder) for folder in folders]
    )
    found = []
    for fold, folder in classes:
        if problem := class_name_problem(folder.name):
            raise UserError(f"{folder}: {problem}", "rename the folder")
        for path in _audio(folder):
            found.append(Found(path, folder.name, fold, f"{folder.name}-{_place(path, pattern)}"))
            if problem := clip_name_problem(found[-1].name.partition("/")[2]):
                raise UserError(f"{path}: {problem}", "rename the file")
    labels = {each.label for each in found}
    if len(labels) < 2:
        what = "holds no class folders with recordings" if not labels else f"all recordings are {labels.pop()!r}"
        raise UserError(f"{source}: {what}", LAYOUT)
    facts = probe_all(each.path for each in found)
    for each in found:
        if problem := facts[each.path].problem:
            raise UserError(f"{each.path}: {problem}", "replace the file or take it away")
    stray = _audio(source) + ([path for folder in folders for path in _audio(folder)] if folded else [])
    return found, [f"{count(len(stray), 'recording')} beside the class folders left alone: {stray[0]}"] if stray else []


def _pattern(group: str) -> "re.Pattern[str]":
    try:
        return re.compile(group)
    except re.error as error:
        raise UserError(f"group={group!r} is no regular expression ({error})", "leave it out, or correct it") from None


def _audio(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in ENDINGS and p.is_file() and p.name[0] != ".")


def _place(path: Path, pattern: "re.Pattern[str]") -> str:
    found = pattern.search(path.stem)
    if not found:
        return path.stem
    return str(found[1] if pattern.groups else found[0]) or path.stem


def folds_of(found: Sequence[Found], *, folds: int, seed: int) -> list[str]:
    """The fold of each recording: its folder's, or where there is none, drawn by seed, whole places at a time, so that
    each scene has about as many in every fold. Raises UserError where there are fewer places of a scene than folds."""
    if found[0].fold:
        return [each.fold for each in found]
    groups: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for i, each in enumerate(found):
        groups[each.label][each.place].append(i)
    chosen = [""] * len(found)
    for label, places in sorted(groups.items()):
        if len(places) < folds:
            raise UserError(
                f"{label!r} has {count(len(places), 'place')}, fewer than folds={folds}", "give fewer folds"
            )
        order = sorted(places)
        random.Random(f"{seed}/{label}").shuffle(order)
        sizes = [0] * folds
        for place in sorted(order, key=lambda place: -len(places[place])):
            fold = sizes.index(min(sizes))
            sizes[fold] += len(places[place])
            for i in places[place]:
                chosen[i] = f"fold{fold + 1}"
    return chosen


def write_corpus(out: Path, found: Sequence[Found], folds: Sequence[str]) -> None:
    """Copy and list, in a folder beside that is renamed into place. Raises UserError where that cannot be written."""
    names = [each.name for each in found]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UserError(f"two recordings would be {twice!r}", "rename one of them")
    order = sorted(set(folds))
    if len(order) < 2:
        raise UserError(f"all recordings are in {order[0]}", "a fold is trained on the others: two are needed at least")
    with new_folder(out) as work:
        (work / AUDIO).mkdir()
        for each in found:
            shutil.copyfile(each.path, work / each.name)
        clips = {each.name: (each.label, each.place) for each in found}
        setups = {}
        for number, fold in enumerate(order, start=1):
            inside = [name for name, own in zip(names, folds, strict=True) if own == fold]
            setups[f"fold{number}_train"] = [name for name in names if name not in set(inside)]
            setups[f"fold{number}_evaluate"] = inside
        write_scene_tables(work, clips, setups)
        sync_folder(work / AUDIO)
