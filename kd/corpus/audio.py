"""The audio of a split's clips: found, hashed, and refused where it cannot be used."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from kd.corpus.audio_files import probe_all
from kd.corpus.layout import AudioFolder, list_audio, some
from kd.corpus.splits import Clip, Split, keep_clips
from kd.corpus.table_text import count
from kd.errors import UserError


def attach_audio(
    root: Path, split: Split, *, missing: Literal["error", "skip"], need_audio: bool, cache: Path | None
) -> tuple[Split, list[str]]:
    """(the split with paths and facts, notes). Without need_audio, paths only, and nothing is refused but links out.

    Raises UserError for absent clips (unless skipped), for unreadable, empty or non-finite ones, and where skipping
    leaves none.
    """
    listing = list_audio(root, split.audio_dir)
    for name in split.names:
        if problem := listing.problems.get(name):
            raise UserError(problem, "copy the file into the corpus folder")
    notes: list[str] = []
    if not need_audio:
        return replace(split, clips=tuple(Clip(n, listing.files.get(n)) for n in split.names)), notes
    if absent := [name for name in split.names if name not in listing.files]:
        if missing == "error":
            raise _missing(split, listing, absent)
        if len(absent) == len(split.clips):
            raise UserError(f"{split.name}: none of its {len(absent)} clips is in {split.audio_dir}", "get its audio")
        notes.append(f"{split.name}: {len(absent)} of {count(len(split.clips), 'listed clip')} skipped: no audio")
    paths = {name: listing.files[name] for name in split.names if name in listing.files}
    facts = probe_all(paths.values(), cache=cache)
    clips = [Clip(name, path, facts[path]) for name, path in paths.items()]
    bad = [clip for clip in clips if clip.facts is not None and clip.facts.problem]
    if bad and bad[0].facts is not None:
        more = f" ({count(len(bad), 'such file')} in {split.name})" if len(bad) > 1 else ""
        raise UserError(
            f"{bad[0].path}: {bad[0].facts.problem}{more}", "replace the file, or take its rows out of the table"
        )
    return keep_clips(split, clips), notes + late_events(split, clips)


def late_events(split: Split, clips: Iterable[Clip]) -> list[str]:
    """A note where events start at or after their clip's end: labels for another file, perhaps."""
    late = [
        clip.name
        for clip in clips
        if clip.facts is not None and any(e.onset >= clip.facts.seconds for e in split.events.get(clip.name, ()))
    ]
    return [f"{split.name}: events start after the end of {count(len(late), 'clip')}: {some(late)}"] if late else []


def shared_audio(left: Split, right: Split) -> list[tuple[Path, Path]]:
    """Pairs of files with the same content, one of each split."""
    there = {clip.facts.sha256: clip.path for clip in right.clips if clip.facts is not None}
    return [
        (clip.path, other)
        for clip in left.clips
        if clip.facts is not None and clip.path is not None and (other := there.get(clip.facts.sha256)) is not None
    ]


def check_shared_audio(training: Iterable[Split], scored: Iterable[Split]) -> None:
    """Raise UserError where the same audio, whatever its name, is in both a training and a scored split."""
    scored = tuple(scored)
    for left in training:
        for right in scored:
            if pairs := shared_audio(left, right):
                more = f", and {count(len(pairs) - 1, 'other pair')}" if len(pairs) > 1 else ""
                raise UserError(
                    f"{pairs[0][0]} and {pairs[0][1]} are the same audio, in a training and a scored split{more}",
                    "what is scored must be new to the model: remove one of them",
                )


def unlisted(root: Path, splits: Iterable[Split]) -> list[str]:
    """Notes on audio files that no split in use lists."""
    listed: dict[Path, set[str]] = {}
    for split in splits:
        listed.setdefault(split.audio_dir, set()).update(split.names)
    notes = []
    for folder, names in listed.items():
        extra = sorted(list_audio(root, folder).files.keys() - names)
        # A skipped clip is not in `names` and not in the folder either, so it is not counted here.
        if extra:
            where = os.path.relpath(folder, root)
            notes.append(f"{where}: {count(len(extra), 'file')} in no table in use, left alone: {some(extra)}")
    return notes


def _missing(split: Split, listing: AudioFolder, absent: list[str]) -> UserError:
    if not split.audio_dir.is_dir():
        place = f"there is no folder {split.audio_dir}"
    else:
        place = f"not in {split.audio_dir}: {some(absent)}"
    lacking = f"{len(absent)} of {count(len(split.clips), 'listed clip')}"
    strangers = sorted(listing.files.keys() - set(split.names))
    hint = "missing=skip leaves such clips out"
    if strangers and len(absent) == len(split.clips):
        hint = f"the folder holds files named like {strangers[0]!r}; {hint}"
    return UserError(f"{split.table}: {lacking} without audio: {place}", hint)
