"""Parameters of `classify`."""

from dataclasses import dataclass

from kd.config import option
from kd.passes.options import ArithmeticOptions


@dataclass(frozen=True)
class ClassifyOptions:
    """What is listened to, by which model, and what is written."""

    audio: str = option("", help="sound file, a folder of them, or -: standard input")
    model: str = option(
        "models:/kd-scenes@merged", help="registered model, as a models:/ address, or a classifier's folder"
    )
    out: str = option("", help="file to write; empty: standard output")
    format: str = option("tsv", help="of what is written", choices=("tsv", "csv", "json"))
    scores: bool = option(False, help="write the scores of all classes beside the best one")
    pieces: bool = option(
        False, help="a row for each piece of a clip's length, with onset and offset, instead of each file"
    )


@dataclass(frozen=True)
class ClassifySettings(ArithmeticOptions, ClassifyOptions):
    """Parameters of `classify`."""
