"""The scene of each recording: a file, a folder, standard input, of any format, rate and length."""

from kd.cli import leave, run
from kd.scenes.classify_settings import ClassifySettings


def main() -> int:
    """Parse, work, exit code."""
    return run(ClassifySettings, "kd.scenes.classify:classify", name="classify", about=__doc__ or "")


if __name__ == "__main__":
    leave(main())
