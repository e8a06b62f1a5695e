"""Detected events as text: a table, JSON lines, labels for Audacity, JAMS."""

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid
from kd.detection.events import Detection
from kd.temporary import temporary_name

COLUMNS = ("filename", "onset", "offset", "event_label", "score")
ENDINGS = {"tsv": ".tsv", "jsonl": ".jsonl", "audacity": ".txt", "jams": ".jams"}
TOGETHER = ("tsv", "jsonl")  # formats that hold many recordings in one file


def table_rows(name: str, events: Sequence[Detection]) -> str:
    """Rows of a strong table with a column more, the score; a recording without events is one row with empty fields."""
    text = io.StringIO()
    rows = csv.writer(text, delimiter="\t", lineterminator="\n")
    for event in events:
        rows.writerow([name, f"{event.onset:.3f}", f"{event.offset:.3f}", event.label, f"{event.score:.4f}"])
    if not events:
        rows.writerow([name, "", "", "", ""])
    return text.getvalue()


def json_lines(name: str, events: Sequence[Detection]) -> str:
    """A JSON object per event."""
    return "".join(json.dumps({"filename": name, **as_dict(event)}, ensure_ascii=False) + "\n" for event in events)


class ScoreTable:
    """The frame scores of one recording, written as they come; the file appears when it is whole.

    The format is that of `kd.scoring.score_files`: a row per frame, where it begins and ends, a column per class.
    """

    def __init__(self, path: Path, *, classes: Sequence[str], grid: FrameGrid) -> None:
        self.path, self.grid, self.frames = path, grid, 0
        self.last: str | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        self.temporary = path.with_name(temporary_name(path.name))
        self.out = self.temporary.open("x", encoding="utf-8", newline="")
        self.out.write("\t".join(("onset", "offset", *classes)) + "\n")

    def push(self, scores: npt.NDArray[np.float32], *, seconds: float) -> None:
        """The next frames, (frames, classes), of a recording of which so many seconds are read: those that begin within."""
        for row in scores:
            begin = self._edge(self.frames)
            if begin >= seconds:
                return
            if self.last is not None:
                self.out.write(f"{self._edge(self.frames - 1)!r}\t{begin!r}\t{self.last}\n")
            self.last = "\t".join(map(str, row))
            self.frames += 1

    def finish(self, seconds: float) -> None:
        """The recording is so long: its last frame ends there."""
        if self.last is not None:
            self.out.write(f"{self._edge(self.frames - 1)!r}\t{seconds!r}\t{self.last}\n")
        self.out.flush()
        os.fsync(self.out.fileno())
        self.out.close()
        self.temporary.replace(self.path)

    def drop(self) -> None:
        """Leave nothing behind, where the recording was not read to its end."""
        self.out.close()
        self.temporary.unlink(missing_ok=True)

    def _edge(self, frame: int) -> float:
        return float(self.grid.edge(frame))


def as_dict(event: Detection) -> dict[str, Any]:
    """An event with the columns' names."""
    return {
        "onset": round(event.onset, 3),
        "offset": round(event.offset, 3),
        "event_label": event.label,
        "score": round(event.score, 4),
    }


def audacity_labels(events: Sequence[Detection]) -> str:
    """A label track as Audacity imports it: onset, offset, label, between tabs."""
    return "".join(f"{e.onset:.6f}\t{e.offset:.6f}\t{e.label} {e.score:.2f}\n" for e in events)


def jams(name: str, events: Sequence[Detection], *, seconds: float, model: str) -> str:
    """A JAMS file: one annotation of the namespace `tag_open`, an observation per event, its score as confidence.

    Source: E. J. Humphrey et al., "JAMS: a JSON annotated music specification", 2014, and its schema 0.3.
    """
    from kd import __version__

    observations = [
        {"time": e.onset, "duration": e.offset - e.onset, "value": e.label, "confidence": e.score} for e in events
    ]
    annotation = {
        "namespace": "tag_open",
        "annotation_metadata": {
            "curator": {"name": "", "email": ""},
            "annotator": {},
            "version": model,
            "corpus": "",
            "annotation_tools": f"kd {__version__}",
            "annotation_rules": "",
            "validation": "",
            "data_source": "program",
        },
        "data": observations,
        "sandbox": {},
        "time": 0,
        "duration": seconds,
    }
    about = {
        "title": name,
        "artist": "",
        "release": "",
        "duration": seconds,
        "identifiers": {},
        "jams_version": "0.3.4",
    }
    whole = {"annotations": [annotation], "file_metadata": about, "sandbox": {}}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
