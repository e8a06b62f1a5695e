"""`detect`: events of sound files, of a folder of them, or of sound that is just being made."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from kd.audio.decode import Samples, blocks, opened
from kd.corpus.audio_files import wav_cut_short
from kd.detection.apply import finest
from kd.detection.detector import Detector, load_detector, of_classes
from kd.detection.events import Detection, in_order
from kd.detection.listen import Listener, listen, listener_of
from kd.detection.outputs import ScoreTable
from kd.detection.picture import Picture
from kd.errors import UserError, did_you_mean
from kd.listening.live import live
from kd.listening.outputs import Output, output_for
from kd.listening.places import check_places, score_place
from kd.listening.recordings import Recording, recordings, source
from kd.listening.settings import DetectSettings
from kd.passes.threads import precision_of, use_threads
from kd.progress import Progress, clock
from kd.text import broken, printable

LONG = 60  # seconds from which on progress within a recording is shown


def detect(settings: DetectSettings, folder: Callable[[], Path]) -> int:
    """Detect with the model in a folder, write, and say what could not be read; returns the exit code."""
    if 0 < settings.window_seconds < 1:
        raise UserError(f"window_seconds={settings.window_seconds:g} is too short", "give 1 or more, or 0 for a clip's")
    if settings.stream and settings.audio not in ("", "-"):
        raise UserError("stream=true reads standard input", "give audio=-")
    found = recordings(settings.audio)
    output = output_for(settings, [(each.name, each.path) for each in found])
    check_places(settings, [each.name for each in found], output)
    detector = only(load_detector(folder()), settings.classes)
    use_threads(settings.threads)
    if settings.stream:
        live(detector, settings, output)
        return 0
    work = Work(settings, detector, output, Progress(passes=0, batch=1))
    begun = time.monotonic()
    unread = [error for recording in found if (error := work.recorded(recording, of=len(found)))]
    if len(unread) == len(found):
        raise unread[0]
    took = time.monotonic() - begun
    work.tell(
        f"{work.events} events in {len(found) - len(unread)} recordings, {clock(work.seconds)} of sound in {clock(took)}, "
        f"{work.seconds / max(took, 1e-9):.0f} times real time"
    )
    output.close()
    if unread:
        raise UserError(
            f"{len(unread)} of {len(found)} recordings could not be read, first: {unread[0].message}",
            f"the events of the others are written; {unread[0].hint}",
        )
    return 0


def only(detector: Detector, classes: str) -> Detector:
    """A detector of some of its classes. Raises UserError for one it does not know."""
    wanted = [label.strip() for label in classes.split(",") if label.strip()]
    if not wanted:
        if classes:
            raise UserError(f"classes={classes} names none", "leave it out for all")
        return detector
    for label in wanted:
        if label not in detector.classes:
            hint = did_you_mean(label, detector.classes) or f"it knows {', '.join(detector.classes)}"
            raise UserError(f"the model does not know the class {label!r}", hint)
    return of_classes(detector, wanted)


class Work:
    """Recordings, one after the other."""

    def __init__(self, settings: DetectSettings, detector: Detector, output: Output, progress: Progress) -> None:
        self.settings, self.detector, self.output, self.progress = settings, detector, output, progress
        self.precision = precision_of(settings)
        self.events, self.seconds, self.read = 0, 0.0, 0

    def recorded(self, recording: Recording, *, of: int) -> UserError | None:
        """Detect and write one; what stood in the way where it could not be read, which is also said at once."""
        self.read += 1
        try:
            if broken(recording.name):
                raise UserError(f"{recording.name}: no table can hold this name", "rename the file")
            where = str(recording.path or "standard input")
            with source(recording) as sound, opened(sound, name=where) as file:
                self._warn(recording)
                listener = listener_of(
                    self.detector,
                    rate=file.samplerate,
                    seconds=self.settings.window_seconds,
                    precision=self.precision,
                )
                whole = file.frames / file.samplerate
                self._detect(recording, listener, blocks(file, name=where), whole, of)
        except UserError as error:
            self.progress.clear()
            if of > 1:
                sys.stderr.write(f"warning: {printable(error.message)}\n")
            return error
        return None

    def _warn(self, recording: Recording) -> None:
        """Say where a file ends before its header does: what is there is scored."""
        if recording.path is not None and (cut := wav_cut_short(recording.path, recording.path.stat().st_size)):
            self.progress.clear()
            sys.stderr.write(f"warning: {recording.path}: {cut}\n")

    def _detect(
        self, recording: Recording, listener: Listener, sound: Iterator[Samples], whole: float, of: int
    ) -> None:
        grid = finest(self.detector)
        table = self._table(recording)
        picture = Picture(self.detector, grid=grid) if self.settings.picture else None
        events: list[Detection] = []
        told = 0.0
        try:
            for heard in listen(listener, sound):
                events += heard.events
                if table:
                    table.push(heard.scores, seconds=listener.seconds)
                if picture:
                    picture.push(heard.bands, heard.scores)
                if of == 1 and whole > LONG and listener.seconds > told:
                    told = listener.seconds
                    self.progress.count("seconds heard", round(told), max(1, round(whole)))
        except BaseException:
            if table:
                table.drop()
            raise
        if of > 1:
            self.progress.count("recordings", self.read, of)
        if table:
            table.finish(listener.seconds)
        events = in_order(events)
        self.output.add(recording.name, events, seconds=listener.seconds)
        if picture:
            place = self.output.beside(recording.name, ".png")
            picture.draw(place, events=events, seconds=listener.seconds, title=recording.name)
        self.events += len(events)
        self.seconds += listener.seconds

    def _table(self, recording: Recording) -> ScoreTable | None:
        if not self.settings.scores:
            return None
        place = score_place(self.settings, recording.name)
        return ScoreTable(place, classes=self.detector.classes, grid=finest(self.detector))

    def tell(self, text: str) -> None:
        """A line for people, which does not mix with events on standard output."""
        self.progress.clear()
        self.output.tell(text)
