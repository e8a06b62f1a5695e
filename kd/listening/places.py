"""What `detect` will write, looked at before it begins to listen."""

from collections.abc import Sequence
from pathlib import Path

from kd.config import user_path
from kd.errors import UserError
from kd.files import check_folder
from kd.listening.outputs import Output
from kd.listening.settings import DetectSettings
from kd.scoring.score_files import stem


def score_place(settings: DetectSettings, name: str) -> Path:
    """The table of frame scores of a recording."""
    return user_path(settings.scores, "scores") / f"{stem(name)}.tsv"


def check_places(settings: DetectSettings, names: Sequence[str], output: Output) -> None:
    """Raises UserError where two things would be one file, where a file would be lost, and where nothing can be written.

    A file that out= names is replaced; files in the folders out= and scores= only with overwrite=true.
    """
    events = output.places(names)
    pictures = [output.beside(name, ".png") for name in names] if settings.picture else []
    scores = [score_place(settings, name) for name in names] if settings.scores else []
    taken: set[Path] = set()
    for path in (*events, *pictures, *scores):
        if path.absolute() in taken:
            raise UserError(f"{path} would be written twice: events and scores", "give scores= a folder of its own")
        taken.add(path.absolute())
    named = [path for path in events if path == Path(settings.out).expanduser()]
    if not settings.overwrite:
        for path in (*events, *pictures, *scores):
            if path not in named and path.exists():
                raise UserError(f"{path} is there already", "give another folder, or overwrite=true")
    for folder in sorted({path.parent for path in (*events, *pictures, *scores)}):
        check_folder(folder)
