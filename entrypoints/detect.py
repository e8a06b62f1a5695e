"""Detect events in sound: a file, a folder, standard input, of any format, rate and length.

Prints or writes onset, offset, class and score of every event."""

from kd.cli import leave, run
from kd.listening.settings import DetectSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(DetectSettings, "kd.listening.begin:detect", name="detect", about=__doc__ or "")


if __name__ == "__main__":
    leave(main())
