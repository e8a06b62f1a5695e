"""Where `detect` writes: one table of all recordings, a file for each, or standard output."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from kd.config import say, user_path
from kd.detection.events import Detection
from kd.detection.outputs import COLUMNS, ENDINGS, TOGETHER, audacity_labels, jams, json_lines, table_rows
from kd.errors import UserError
from kd.files import atomic_write_text, real
from kd.listening.settings import DetectSettings
from kd.scoring.score_files import AUDIO

Named = Sequence[tuple[str, Path | None]]


class Output(Protocol):
    """What takes the events of one recording after the other."""

    def add(self, name: str, events: Sequence[Detection], *, seconds: float) -> None:
        """The events of a recording."""

    def close(self) -> None:
        """No more recordings come."""

    def tell(self, text: str) -> None:
        """A line for people."""

    def beside(self, name: str, ending: str) -> Path:
        """Where something else about a recording is written."""

    def places(self, names: Sequence[str]) -> list[Path]:
        """The files of events that will be written of recordings of these names."""


def output_for(settings: DetectSettings, recordings: Named) -> Output:
    """The output that the parameters ask for. Raises UserError for what they cannot mean together."""
    texts = Texts(settings.format, settings.model)
    many = len(recordings) > 1
    apart = settings.format not in TOGETHER
    if (apart and many) or settings.picture or settings.scores:
        check_apart([name for name, _ in recordings])
    if not settings.out:
        if many and apart:
            raise UserError(f"format={settings.format} is a file per recording", "name a folder for them with out=")
        if settings.picture:
            raise UserError("picture=true needs a place to draw to", "name a folder with out=")
        return Printed(texts)
    place = user_path(settings.out, "out")
    if real(place) in {real(path) for _, path in recordings if path is not None}:
        raise UserError(f"out={settings.out} is the recording itself", "name another file")
    if place.suffix.lower() in AUDIO and not place.is_dir():
        raise UserError(f"out={settings.out} has the ending of a sound file", f"name it {place.stem}.tsv, say")
    folder = place.is_dir() or settings.out.endswith("/") or (not place.suffix and (apart or settings.picture))
    if not folder and not (apart and many):
        return OneFile(texts, place, folder=place.parent)
    if place.exists() and not place.is_dir():
        raise UserError(f"out={settings.out} is a file, and a folder is needed", "name a folder")
    if apart:
        return Folder(texts, place, folder=place)
    return OneFile(texts, place / f"events{ENDINGS[settings.format]}", folder=place)


def check_apart(names: Sequence[str]) -> None:
    """Raises UserError where files written for each recording, named after it without its ending, would be the same."""
    taken: dict[Path, str] = {}
    for name in names:
        bare = Path(name).with_suffix("")
        if bare in taken:
            raise UserError(
                f"{taken[bare]} and {name} would share the files named {bare}", "give recordings names of their own"
            )
        taken[bare] = name


class Texts:
    """A format."""

    def __init__(self, name: str, model: str) -> None:
        self.name, self.model = name, model

    @property
    def head(self) -> str:
        """What a file begins with."""
        return "\t".join(COLUMNS) + "\n" if self.name == "tsv" else ""

    def text(self, name: str, events: Sequence[Detection], *, seconds: float) -> str:
        """The events of one recording."""
        if self.name == "tsv":
            return table_rows(name, events)
        if self.name == "jsonl":
            return json_lines(name, events)
        return (
            audacity_labels(events)
            if self.name == "audacity"
            else jams(name, events, seconds=seconds, model=self.model)
        )


class Printed:
    """Events on standard output, as they are found; what is for people goes to standard error."""

    def __init__(self, texts: Texts) -> None:
        self.texts, self.begun = texts, False

    def add(self, name: str, events: Sequence[Detection], *, seconds: float) -> None:
        """Print."""
        if not self.begun:
            sys.stdout.write(self.texts.head)
            self.begun = True
        sys.stdout.write(self.texts.text(name, events, seconds=seconds))
        sys.stdout.flush()

    def close(self) -> None:
        """Nothing."""

    def tell(self, text: str) -> None:
        """On standard error."""
        sys.stderr.write(text + "\n")

    def beside(self, name: str, ending: str) -> Path:
        """Nowhere."""
        raise ValueError(f"no folder for {name}{ending}")

    def places(self, names: Sequence[str]) -> list[Path]:
        """None."""
        return []


class Written:
    """What files have in common; path: what people are told of, folder: for what else is written."""

    def __init__(self, texts: Texts, path: Path, *, folder: Path) -> None:
        self.texts, self.path, self.folder = texts, path, folder
        self.parts: list[str] = []

    def tell(self, text: str) -> None:
        """On standard output."""
        say(text)

    def beside(self, name: str, ending: str) -> Path:
        """In the folder, in folders like those of the recordings."""
        return self.folder / Path(name).with_suffix(ending)


class OneFile(Written):
    """All events in one file, which appears when all are known."""

    def places(self, names: Sequence[str]) -> list[Path]:
        """That file."""
        return [self.path]

    def add(self, name: str, events: Sequence[Detection], *, seconds: float) -> None:
        """Keep."""
        self.parts.append(self.texts.text(name, events, seconds=seconds))

    def close(self) -> None:
        """Write."""
        atomic_write_text(self.path, self.texts.head + "".join(self.parts))
        say(f"written: {self.path}")


class Folder(Written):
    """A file per recording."""

    def places(self, names: Sequence[str]) -> list[Path]:
        """One each."""
        return [self.beside(name, ENDINGS[self.texts.name]) for name in names]

    def add(self, name: str, events: Sequence[Detection], *, seconds: float) -> None:
        """Write."""
        text = self.texts.head + self.texts.text(name, events, seconds=seconds)
        atomic_write_text(self.beside(name, ENDINGS[self.texts.name]), text)

    def close(self) -> None:
        """Say where."""
        say(f"written: {self.path}")
