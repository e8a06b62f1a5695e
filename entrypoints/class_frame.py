"""NEC 2019: a residual network on weak and strong labels, without and with class-frame pseudo-labels.

Run the same command again after any interruption to go on where it stopped."""

import sys

from kd.cli import run
from kd.passes.class_frame_settings import ClassFrameSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(
        ClassFrameSettings, "kd.passes.class_frame:class_frame", name="class_frame", about=__doc__ or "", resumes=True
    )


if __name__ == "__main__":
    sys.exit(main())
