"""From what the user calls a corpus to the folder it is in; the demo is made on first use."""

from collections.abc import Callable
from pathlib import Path

from kd.config import user_path
from kd.corpus.layout import corpus_root
from kd.errors import UserError, did_you_mean

DEMO = "demo"


def locate(data: str, *, home: Path, progress: Callable[[int, int], None] | None = None) -> Path:
    """The corpus folder that `data` names, links resolved. `demo` is the generated corpus, kept below `home`.

    A folder that is itself called demo is named ./demo. progress: called with (clips made, clips in all) while the
    demo is being made. Raises UserError where there is no such folder, or it holds no corpus.
    """
    if data == DEMO:
        return _demo(home, progress)
    return corpus_root(named_folder(data))


def named_folder(data: str) -> Path:
    """The folder of a corpus that is not the demo. Raises UserError where there is none."""
    if not data.strip():
        raise UserError("data is empty", "name a corpus folder, or data=demo")
    folder = user_path(data, "data")
    if not folder.exists():
        raise UserError(f"data={data}: there is no such folder", _near(folder) or "name a corpus folder, or data=demo")
    return folder


def demo_folder(home: Path, *, seed: int = 0) -> Path:
    """Where the demo corpus of a seed lies."""
    from kd.corpus.demo import VERSION

    return home / DEMO / f"v{VERSION}-seed{seed}"


def _demo(home: Path, progress: Callable[[int, int], None] | None) -> Path:
    from kd.corpus.demo import make_demo

    folder = demo_folder(home)
    if not (folder / "metadata").is_dir():
        try:
            make_demo(folder, progress=progress)
        except UserError:
            if not (folder / "metadata").is_dir():  # else another process was first, and made the same
                raise
    return corpus_root(folder)


def _near(folder: Path) -> str:
    try:
        siblings = [path.name for path in folder.parent.iterdir() if path.is_dir()]
    except OSError:
        return ""
    return did_you_mean(folder.name, siblings)
