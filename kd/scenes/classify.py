"""`classify`: the scene of each recording."""

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

from kd.audio.decode import opened
from kd.config import say
from kd.errors import UserError
from kd.files import atomic_write_text, check_folder
from kd.listening.recordings import Recording, recordings, source
from kd.passes.threads import precision_of, use_threads
from kd.progress import Progress
from kd.scenes.classifier import Classifier, load_classifier
from kd.scenes.classify_settings import ClassifySettings
from kd.scenes.hearing import Piece, pieces, scene_row, together
from kd.text import broken, printable
from kd.tracking.detectors import detector_folder
from kd.tracking.packages import CLASSIFIER

Rows = list[dict[str, Any]]


def classify(settings: ClassifySettings) -> int:
    """Classify, write, and say what could not be read; returns the exit code."""
    found = recordings(settings.audio)
    if settings.out:
        check_folder(Path(settings.out).expanduser().absolute().parent)
    classifier = load_classifier(detector_folder(settings.model, CLASSIFIER)[0])
    use_threads(settings.threads)
    progress, rows = Progress(passes=0, batch=1), []
    unread: list[UserError] = []
    for number, recording in enumerate(found, start=1):
        try:
            rows += rows_of(classifier, recording, settings)
        except UserError as error:
            unread.append(error)
            progress.clear()
            if len(found) > 1:
                sys.stderr.write(f"warning: {printable(error.message)}\n")
        if len(found) > 1:
            progress.count("recordings", number, len(found))
    if len(unread) == len(found):
        raise unread[0]
    text = written(rows, settings.format)
    if settings.out:
        atomic_write_text(Path(settings.out).expanduser(), text)
        say(f"{len(rows)} rows of {len(found) - len(unread)} recordings: {settings.out}")
    else:
        sys.stdout.write(text)
    if unread:
        raise UserError(
            f"{len(unread)} of {len(found)} recordings could not be read, first: {unread[0].message}",
            f"the scenes of the others are written; {unread[0].hint}",
        )
    return 0


def rows_of(classifier: Classifier, recording: Recording, settings: ClassifySettings) -> Rows:
    """What is written of a recording."""
    if broken(recording.name):
        raise UserError(f"{recording.name}: no table can hold this name", "rename the file")
    name = str(recording.path or "standard input")
    with source(recording) as sound, opened(sound, name=name) as file:
        found = list(pieces(classifier, file, name=name, precision=precision_of(settings)))
    return [
        row_of(classifier, recording.name, piece, settings)
        for piece in (found if settings.pieces else [together(found)])
    ]


def row_of(classifier: Classifier, name: str, piece: Piece, settings: ClassifySettings) -> dict[str, Any]:
    """A row: file name, with pieces onset and offset, the best class, its score, and with scores those of all."""
    where = {"onset": round(piece.onset, 3), "offset": round(piece.offset, 3)} if settings.pieces else {}
    return {"filename": name, **where, **scene_row(classifier, piece, scores=settings.scores)}


def written(rows: Rows, kind: str) -> str:
    """Rows as text."""
    if kind == "json":
        return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]), delimiter="\t" if kind == "tsv" else ",", lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()
