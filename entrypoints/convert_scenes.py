"""A scene corpus in the layout of TAU Urban Acoustic Scenes, from folders of recordings: class/file or fold/class/file."""

import sys

from kd.cli import run
from kd.scenes.convert_settings import ConvertSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(ConvertSettings, "kd.scenes.convert:convert_scenes", name="convert_scenes", about=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
