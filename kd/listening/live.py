"""Sound that is just being made: PCM from standard input, events as they end."""

import sys
from collections.abc import Iterator
from functools import partial
from io import BufferedIOBase
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from kd.audio.decode import check_samples
from kd.detection.apply import finest
from kd.detection.detector import Detector, Member
from kd.detection.events import Detection
from kd.detection.listen import Listener
from kd.detection.outputs import TOGETHER
from kd.detection.windows import Windows, live_windows_of
from kd.errors import UserError
from kd.listening.outputs import Output
from kd.listening.settings import DetectSettings
from kd.passes.threads import precision_of

Array = npt.NDArray[np.float32]
KINDS: dict[str, np.dtype[Any]] = {"s16le": np.dtype("<i2"), "f32le": np.dtype("<f4")}
UNBOUNDED = 1.5  # seconds that a network which looks at all that follows is given of it
PIECE = 0.02  # seconds of sound that are waited for
NAME = "stdin"


def live(detector: Detector, settings: DetectSettings, output: Output) -> None:
    """Print events as they end, until the input does."""
    if settings.format not in TOGETHER:
        raise UserError(f"stream=true prints events as they end, not format={settings.format}", "give tsv or jsonl")
    if settings.picture or settings.scores or settings.out:
        raise UserError("stream=true prints events; it writes no file", "leave out=, scores= and picture= away")
    cut = partial(live_cut, step=settings.step, lookahead=settings.lookahead)
    listener = Listener(detector, rate=settings.rate, cut=cut, precision=precision_of(settings), pad=False)
    output.tell(said_latency(detector, cut, settings))
    found = 0
    for samples in pcm(cast(BufferedIOBase, sys.stdin.buffer), settings):
        found += told(output, listener.push(samples).events, listener.seconds)
    if not listener.samples:
        raise UserError(
            "standard input held no sound", "check what writes to it: nothing came, or less than one sample"
        )
    found += told(output, listener.finish().events, listener.seconds)
    if not found:
        output.add(NAME, [], seconds=listener.seconds)


def told(output: Output, events: list[Detection], seconds: float) -> int:
    """Print events, where there are any; how many."""
    if events:
        output.add(NAME, events, seconds=seconds)
    return len(events)


def live_cut(member: Member, *, step: float, lookahead: float = -1.0) -> Windows:
    """How a network listens: looks every `step` seconds; a frame is scored `lookahead` seconds after it.

    lookahead: -1: as soon as all that it depends on has come, or 1.5 where everything that follows counts.
    """
    hop, needed = member.spec.grid.hop, member.network.lookahead
    enough = UNBOUNDED if needed is None else needed * hop
    return live_windows_of(member, step=step, after=enough if lookahead < 0 else lookahead)


def latency(detector: Detector, cut: partial[Windows]) -> tuple[float, float]:
    """Seconds from the end of an event until it can be printed, at most: without and with its class's median window."""
    spans = []
    for index in detector.used:
        member = detector.members[index]
        windows, grid = cut(member), member.spec.grid
        spans.append((windows.step + windows.after) * grid.hop + grid.window + PIECE)
    half = max(detector.points.windows) // 2 * finest(detector).hop
    return max(spans), max(spans) + half


def said_latency(detector: Detector, cut: partial[Windows], settings: DetectSettings) -> str:
    """The latency in a sentence."""
    bare, whole = latency(detector, cut)
    return (
        f"listening to {settings.rate} Hz, {settings.channels} channels, {settings.encoding}; an event is printed at most "
        f"{whole:.2f} s after it ends, and what scoring takes ({bare:.2f} s for its scores, the rest for the widest median)"
    )


def pieces(stream: BufferedIOBase, *, bytes_: int, width: int) -> Iterator[bytes]:
    """What comes, in pieces of at least `bytes_` and of whole frames of `width` bytes, as soon as it is there.

    What is left at the end is shorter; a frame that is not whole is dropped.
    """
    held = b""
    while data := stream.read1(1 << 16):
        held += data
        if len(held) >= max(bytes_, width):
            whole = len(held) // width * width
            yield held[:whole]
            held = held[whole:]
    if whole := len(held) // width * width:
        yield held[:whole]


def pcm(stream: BufferedIOBase, settings: DetectSettings) -> Iterator[Array]:
    """Mono samples of interleaved PCM as it comes. Raises UserError for NaN."""
    kind = KINDS[settings.encoding]
    width = kind.itemsize * settings.channels
    for data in pieces(stream, bytes_=round(PIECE * settings.rate) * width, width=width):
        frames = np.frombuffer(data, kind).reshape(-1, settings.channels).astype(np.float32)
        samples: Array = frames.mean(axis=1, dtype=np.float32)
        if kind.kind == "i":
            samples = samples / np.float32(32_768)
        check_samples(samples, name="standard input", hint="check encoding= and channels=")
        yield samples
