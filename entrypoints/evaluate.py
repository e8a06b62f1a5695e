"""Score two event tables, or a registered model on a corpus with the thresholds it carries."""

import sys

from kd.cli import run
from kd.passes.settings import EvaluateSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(EvaluateSettings, "kd.passes.evaluation:evaluate", name="evaluate", about=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
