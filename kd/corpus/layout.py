"""Where a corpus keeps its tables and its audio: the DESED layout."""

import os
from dataclasses import dataclass
from pathlib import Path

from kd.corpus.table_text import count
from kd.errors import UserError, did_you_mean
from kd.files import real

EXTENSIONS = (".tsv", ".csv")
LAYOUT = "a corpus has tables in metadata/, such as metadata/train/weak.tsv, and their clips in audio/"


def corpus_root(root: Path | str) -> Path:
    """The corpus folder, links resolved. Raises UserError where there is none or it has no metadata/."""
    root = Path(root).expanduser()
    try:
        if not root.exists():
            raise UserError(f"{root}: there is no such folder", "check data=")
        if not root.is_dir():
            raise UserError(f"{root}: this is a file, not a corpus folder", LAYOUT)
        if not (root / "metadata").is_dir():
            what = "has no metadata/ folder" if any(root.iterdir()) else "is an empty folder"
            scenes = is_scene_layout(root)
            raise UserError(f"{root}: {what}", "it is a corpus of scenes: scenes_* train on it" if scenes else LAYOUT)
        return root.resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise UserError(f"{str(root)!r} cannot be read: {error}", "check data=") from None


def is_scene_layout(root: Path) -> bool:
    """Whether a folder is laid out as a corpus of scenes is, which `kd.scenes` reads."""
    return (root / "meta.csv").is_file() or (root / "evaluation_setup").is_dir()


def split_names(root: Path) -> tuple[str, ...]:
    """All splits of a corpus: every table below metadata/, sorted."""
    folder = root / "metadata"
    try:
        found = {p.relative_to(folder).with_suffix("").as_posix() for p in folder.rglob("*") if _is_table(p)}
    except OSError as error:
        raise UserError(f"{folder}: cannot be read: {error.strerror or error}", "check its permissions") from None
    return tuple(sorted(found))


def find_table(root: Path, split: str) -> Path | None:
    """The table of a split, .tsv or .csv, or None.

    Raises UserError where both are there with different content, or the table is a link out of the corpus.
    """
    found = [path for ext in EXTENSIONS if (path := root / "metadata" / f"{split}{ext}").is_file()]
    for path in found:
        inside(root, path)
    if len(found) == 2 and found[0].read_bytes() != found[1].read_bytes():
        raise UserError(f"{found[0]} and {found[1].name} differ", "keep the one that is right")
    return found[0] if found else None


def need_table(root: Path, split: str, *, role: str) -> Path:
    """The table of a split that must exist. Raises UserError naming those that do."""
    table = find_table(root, split)
    if table is None:
        known = split_names(root)
        raise UserError(
            f"{role}={split}: there is no table {root / 'metadata' / split}.tsv or .csv",
            did_you_mean(split, known) or (f"this corpus has {', '.join(known)}" if known else LAYOUT),
        )
    return table


def audio_folder(root: Path, split: str) -> Path:
    """audio/<split>/ where that folder exists, else audio/<the split's parent folder>/, which may be absent."""
    own = root / "audio" / split
    return own if own.is_dir() else own.parent


@dataclass(frozen=True, slots=True)
class AudioFolder:
    """One audio folder, listed once: the regular files in it, by name, and what is wrong with the others."""

    folder: Path
    files: dict[str, Path]
    problems: dict[str, str]


def list_audio(root: Path, folder: Path) -> AudioFolder:
    """List an audio folder; an absent one is empty. Files that are links out of the corpus count as problems."""
    if not folder.is_dir():
        return AudioFolder(folder, {}, {})
    inside(root, folder)
    files: dict[str, Path] = {}
    problems: dict[str, str] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                path = folder / entry.name
                linked = entry.is_symlink()
                if linked and not real(path).is_relative_to(root):
                    problems[entry.name] = f"{path} is a link that leads out of the corpus"
                elif (path if linked else entry).is_file() and not entry.name.startswith("."):  # of a circle, False
                    files[entry.name] = path
    except OSError as error:
        raise UserError(f"{folder}: cannot be read: {error.strerror or error}", "check its permissions") from None
    return AudioFolder(folder, files, problems)


def inside(root: Path, path: Path) -> None:
    """Raise UserError where a path, links resolved, is not inside the corpus."""
    if not real(path).is_relative_to(root):
        raise UserError(f"{path} leads out of the corpus", "copy it into the corpus folder")


def some(names: list[str]) -> str:
    """The first few of many names, for messages."""
    rest = f" and {count(len(names) - 3, 'other')}" if len(names) > 3 else ""
    return ", ".join(repr(name) for name in names[:3]) + rest


def _is_table(path: Path) -> bool:
    return path.suffix in EXTENSIONS and path.is_file() and not path.name.startswith(".")
