"""Write a detector as ONNX files, one for each network, with a description to run them by.

The graphs begin with the log-mel (features=true) and take any number of samples and clips. Needs the extra packages of
`pip install 'kd-sed[onnx]'`."""

import sys

from kd.cli import run
from kd.export.settings import ExportSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(ExportSettings, "kd.export.command:export", name="export", about=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
