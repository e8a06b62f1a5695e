"""Score folders as sed_scores_eval and the DCASE baselines keep them: one table for each clip.

`<clip>.tsv`, the clip's file name without its audio extension, has the columns `onset`, `offset` and one for each
class, and a row for each frame: where it begins and ends in seconds, and the scores. A row begins where the one before
it ends. Frames may be of any length, and clips of any number of frames.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kd.corpus.names import class_name_problem, clip_name_problem
from kd.corpus.table_text import count, read_lines, split_line
from kd.corpus.tables import LONGEST
from kd.errors import UserError
from kd.files import new_folder
from kd.scoring.grid import FrameGrid

AUDIO = (
    ".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64", ".rf64",
)  # fmt: skip
UNIFORM = 0.001  # seconds by which a border may miss its place on a uniform grid: times written with three decimals
LARGEST = float(np.finfo(np.float32).max)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ScoreFiles:
    """The scores of many clips, and where their frames lie.

    scores: float32 `(clips, frames, classes)`; edges: borders of the frames in seconds, `(clips, frames + 1)`. A clip
    shorter than the longest is filled up with scores of -inf and frames without length. `psds` takes both as they are.
    """

    clips: tuple[str, ...]
    classes: tuple[str, ...]
    scores: npt.NDArray[np.float32]
    edges: Floats

    def durations(self) -> dict[str, float]:
        """Where the last frame of each clip ends, in seconds."""
        return dict(zip(self.clips, self.edges[:, -1].tolist(), strict=True))

    def grid(self) -> FrameGrid:
        """The one uniform grid of all clips, that of the longest; a border may miss its place by a millisecond.

        Raises UserError where there is none: frames of several lengths, or another grid in another clip.
        """
        longest = int(np.argmax((np.diff(self.edges, axis=1) > 0).sum(axis=1)))
        edges = self.edges[longest]
        frames = int((np.diff(edges) > 0).sum())
        hop, start = (edges[1], 0.0) if frames < 3 else np.polyfit(np.arange(1, frames), edges[1:frames], 1)
        hop, window = round(float(hop), 12), round(float(2 * start + hop), 12)
        grid = FrameGrid(hop=hop, window=window, frames=len(edges) - 1, seconds=float(edges[-1]))
        wanted = np.minimum(grid.edges(), self.edges[:, -1:])
        away = np.abs(self.edges - wanted).max(axis=1)
        if away.max() > UNIFORM or window <= 0:
            worst = self.clips[int(np.argmax(away))]
            raise UserError(
                f"the frames of {worst!r} are not those of one uniform grid: a border is {away.max():g} s from its place",
                "write all clips with one hop from 0 s on",
            )
        return grid


def read_score_files(folder: Path | str, *, clips: Sequence[str] | None = None) -> ScoreFiles:
    """The scores in a folder.

    clips: file names of the clips to read, in that order; each must have its table, other tables are not looked at. By
    default all tables, sorted; a clip is then called by its table's name without `.tsv`. Raises UserError, naming file
    and line, for whatever is not as the module says, and for scores that are NaN or above every number. Scores become
    float32.
    """
    place = Path(folder)
    if not place.is_dir():
        raise UserError(f"{place}: there is no such folder", "name a folder with one .tsv for each clip")
    names = _tables(place) if clips is None else tuple(clips)
    files = [place / f"{stem(name)}.tsv" for name in names]
    if clips is not None:
        _check_clips(names)
        absent = [file for file in files if not file.is_file()]
        if absent:
            raise UserError(
                f"{absent[0]}: there is no such table ({len(absent)} of {count(len(files), 'clip')} have none)",
                "score every clip, or name the clips to read",
            )
    if not names:
        raise UserError(f"{place}: the folder holds no .tsv", "name a folder with one .tsv for each clip")
    tables = [_read(file) for file in files]
    classes = tables[0][0]
    for file, (found, _) in zip(files, tables, strict=True):
        if found != classes:
            raise UserError(
                f"{file}:1: the classes {', '.join(found)} where {files[0].name} has {', '.join(classes)}",
                "give every table the same classes in the same order",
            )
    frames = max(len(table) for _, table in tables)
    scores = np.full((len(names), frames, len(classes)), -np.inf, np.float32)
    edges = np.empty((len(names), frames + 1))
    for i, (_, table) in enumerate(tables):
        scores[i, : len(table)] = table[:, 2:]
        edges[i] = table[-1, 1]
        edges[i, : len(table)] = table[:, 0]
    return ScoreFiles(names, classes, scores, edges)


def write_score_files(
    folder: Path | str,
    *,
    scores: npt.NDArray[np.floating],
    clips: Sequence[str],
    classes: Sequence[str],
    grid: FrameGrid | Floats,
) -> None:
    """Write scores `(clips, frames, classes)` as a folder, whole or not at all; it must be absent or empty.

    grid: of all clips, or the frames' borders in seconds, `(clips, frames + 1)`. Frames without length at a clip's end
    are left out. float32 scores read back the same. Raises UserError for names that cannot be files or columns, and
    where the place is taken or cannot be written.
    """
    place = Path(folder).absolute()
    edges = np.tile(grid.edges(), (len(clips), 1)) if isinstance(grid, FrameGrid) else grid
    if scores.shape != (len(clips), edges.shape[1] - 1, len(classes)) or len(edges) != len(clips):
        raise ValueError(f"scores {scores.shape} and borders {edges.shape} must be (clips, frames, classes)")
    if np.isnan(scores).any() or np.isposinf(scores).any():
        raise ValueError("scores hold NaN or infinity")
    _check_clips(clips)
    for k, label in enumerate(classes):
        if problem := class_name_problem(label):
            raise UserError(problem, "rename the class")
        if label != label.strip(" ") or set('"\\') & set(label) or label in ("onset", "offset", *classes[:k]):
            raise UserError(f"{label!r} cannot be a column's name", "rename the class")
    with new_folder(place) as work:
        for i, clip in enumerate(clips):
            with open(work / f"{stem(clip)}.tsv", "x", encoding="utf-8", newline="") as out:
                out.write(_text(clip, scores[i], edges[i], classes))
                out.flush()
                os.fsync(out.fileno())


def stem(clip: str) -> str:
    """A clip's file name without its audio extension."""
    extension = next((end for end in AUDIO if clip.lower().endswith(end)), "")
    return clip[: len(clip) - len(extension)]


def _tables(folder: Path) -> tuple[str, ...]:
    """The clips of a folder that holds tables and nothing else, hidden files apart."""
    names = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.suffix != ".tsv" or not path.is_file():
            raise UserError(f"{path}: this is no .tsv table of a clip", "move it elsewhere, or name the clips to read")
        names.append(path.name.removesuffix(".tsv"))
    return tuple(names)


def _check_clips(clips: Sequence[str]) -> None:
    seen: dict[str, str] = {}
    for clip in clips:
        if problem := clip_name_problem(clip) or clip_name_problem(stem(clip)):
            raise UserError(problem, "name a clip by its plain file name")
        other = seen.get(stem(clip))
        if other is not None:
            raise UserError(f"{other!r} and {clip!r} would share the table {stem(clip)}.tsv", "name every clip once")
        seen[stem(clip)] = clip


def _text(clip: str, scores: npt.NDArray[np.floating], edges: Floats, classes: Sequence[str]) -> str:
    lengths = np.diff(edges)
    frames = int((lengths > 0).sum())
    if frames == 0 or not (lengths[:frames] > 0).all() or (lengths < 0).any():
        raise ValueError(f"the frames of {clip!r} are not in order")
    ends = [repr(edge) for edge in edges.tolist()]
    rows = ["\t".join(("onset", "offset", *classes))]
    rows += ["\t".join((ends[i], ends[i + 1], *map(str, scores[i]))) for i in range(frames)]
    return "\n".join(rows) + "\n"


def _read(path: Path) -> tuple[tuple[str, ...], Floats]:
    """(classes, rows `(frames, 2 + classes)`) of one table."""
    lines = read_lines(path)
    columns = split_line(path, 1, lines[0], "\t")
    if columns[:2] != ["onset", "offset"] or len(columns) < 3:
        raise UserError(
            f"{path}:1: the columns are {', '.join(map(repr, columns))}",
            "a table of scores has onset, offset, and a column for each class, separated by tabs",
        )
    for k, label in enumerate(columns[2:]):
        problem = class_name_problem(label) or f"the column {label!r} is there twice" * (label in columns[: k + 2])
        if problem:
            raise UserError(f"{path}:1: {problem}", "give every class a column of its own")
    if len(lines) == 1:
        raise UserError(f"{path}: the table has no frames", "give a row for each frame")
    table = np.empty((len(lines) - 1, len(columns)))
    for i, line in enumerate(lines[1:]):
        fields = line.split("\t")
        if len(fields) != len(columns):
            found = count(len(fields), "field")
            raise UserError(
                f"{path}:{i + 2}: {found} where the header has {len(columns)}", "give every row every column"
            )
        table[i] = [_number(path, i + 2, column, field) for column, field in zip(columns, fields, strict=True)]
    _check_times(path, table)
    return tuple(columns[2:]), table


def _number(path: Path, line: int, column: str, field: str) -> float:
    """A finite number; of a score also -inf, which no threshold reaches."""
    try:
        value = float(field) if "_" not in field else math.nan
    except ValueError:
        value = math.nan
    if abs(value) <= LARGEST or (value == -math.inf and column not in ("onset", "offset")):
        return value
    raise UserError(f"{path}:{line}: {column} {field!r} is not a number", "give every frame its times and scores")


def _check_times(path: Path, table: Floats) -> None:
    onsets, offsets = table[:, 0], table[:, 1]
    if onsets[0] < 0:
        raise UserError(f"{path}:2: onset {onsets[0]:g} is negative", "times count from the clip's start")
    if offsets.max() > LONGEST:
        i = int(offsets.argmax())
        raise UserError(f"{path}:{i + 2}: offset {offsets[i]:g} is over {LONGEST:.0f} s", "give seconds")
    for i in np.flatnonzero(offsets <= onsets)[:1]:
        raise UserError(
            f"{path}:{i + 2}: offset {offsets[i]:g} is not after onset {onsets[i]:g}", "a frame has a length"
        )
    for i in np.flatnonzero(onsets[1:] != offsets[:-1])[:1]:
        raise UserError(
            f"{path}:{i + 3}: onset {onsets[i + 1]:.9g} is not the offset {offsets[i]:.9g} of the row before",
            "frames follow one another without gaps or overlaps",
        )
