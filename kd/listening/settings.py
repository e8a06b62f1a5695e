"""Parameters of `detect`."""

from dataclasses import dataclass

from kd.config import option
from kd.corpus.audio_files import HIGHEST_RATE, LOWEST_RATE
from kd.detection.outputs import ENDINGS
from kd.passes.options import ArithmeticOptions


@dataclass(frozen=True)
class LiveOptions:
    """Sound that is just being made."""

    stream: bool = option(False, help="read PCM from standard input and print events as they end, with audio=-")
    rate: int = option(16_000, help="of the PCM: samples per second", low=LOWEST_RATE, high=HIGHEST_RATE)
    channels: int = option(1, help="of the PCM: interleaved channels", low=1, high=64)
    encoding: str = option("s16le", help="of the PCM: its samples", choices=("s16le", "f32le"))
    step: float = option(0.25, help="of the PCM: seconds between two looks at it", low=0.02, high=10)
    lookahead: float = option(
        -1.0,
        help="of the PCM: seconds that are waited for after a frame before it is scored; -1: what a forward-only network "
        "needs, 1.5 for others",
        low=-1,
        high=30,
    )


@dataclass(frozen=True)
class DetectOptions:
    """What is listened to, by which model, and what is written."""

    audio: str = option("", help="sound file, a folder of them, or -: standard input")
    model: str = option("models:/kd-sed@merged", help="registered model, as a models:/ address, or a detector's folder")
    out: str = option("", help="file to write, or folder for one file per recording; empty: standard output")
    format: str = option("tsv", help="of what is written", choices=tuple(ENDINGS))
    classes: str = option("", help="only these, comma-separated; empty: all that the model knows")
    scores: str = option("", help="folder for the frame scores, one table per recording; empty: none")
    picture: bool = option(False, help="draw spectrogram, scores and events of each recording, into the folder out=")
    window_seconds: float = option(
        0.0,
        help="long recordings are scored in overlapping windows of this length, 1 or more; 0: a clip's",
        low=0,
        high=600,
    )
    overwrite: bool = option(False, help="replace files that are there in the folders out= and scores=")


@dataclass(frozen=True)
class DetectSettings(ArithmeticOptions, LiveOptions, DetectOptions):
    """Parameters of `detect`."""
