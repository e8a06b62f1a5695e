"""Where a scene corpus keeps its tables: the folder, checked; the demo is made on first use."""

from collections.abc import Callable
from pathlib import Path

from kd.corpus.layout import inside
from kd.corpus.locate import DEMO, named_folder
from kd.errors import UserError, did_you_mean
from kd.scenes.tables import LAYOUT, META, SETUP, setup_names


def scene_root(root: Path | str) -> Path:
    """The corpus folder, links resolved. Raises UserError where there is none."""
    root = Path(root).expanduser()
    if not root.is_dir():
        what = "this is a file, not a corpus folder" if root.exists() else "there is no such folder"
        raise UserError(f"{root}: {what}", LAYOUT)
    if not (root / META).is_file():
        if (root / "metadata").is_dir():
            raise UserError(f"{root}: this is a corpus of sound events", "iterate trains on it; " + LAYOUT)
        what = f"has no {META}" if any(root.iterdir()) else "is an empty folder"
        raise UserError(f"{root}: {what}", f"{LAYOUT}; convert_scenes makes it of folders of recordings")
    return root.resolve()


def need_setup(root: Path, name: str, *, role: str) -> Path:
    """The table of a fold. Raises UserError naming those that exist."""
    known = list(setup_names(root))
    plain = name.removeprefix(f"{SETUP}/").removesuffix(".csv")
    if plain != name:
        raise UserError(f"{role}={name!r} is not a table's name", f"write {role}={plain}")
    if name not in known:
        hint = did_you_mean(name, known) or (f"this corpus has {', '.join(known)}" if known else LAYOUT)
        raise UserError(f"{role}={name}: there is no table {root / SETUP / name}.csv", hint)
    path = root / SETUP / f"{name}.csv"
    inside(root, path)
    return path


def locate_scenes(data: str, *, home: Path, progress: Callable[[int, int], None] | None = None) -> Path:
    """The corpus folder that `data` names, links resolved. `demo` is the generated corpus, kept below `home`."""
    if data != DEMO:
        return scene_root(named_folder(data))
    from kd.scenes.demo import VERSION, make_scene_demo

    folder = home / "demo-scenes" / f"v{VERSION}-seed0"
    if not (folder / META).is_file():
        try:
            make_scene_demo(folder, progress=progress)
        except UserError:
            if not (folder / META).is_file():  # else another process was first, and made the same
                raise
    return scene_root(folder)
