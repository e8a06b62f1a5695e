"""Score a table of events, a folder of frame scores, or a registered model on a corpus with the thresholds it carries.

Prints F1 by events, by segments and by tags with 95 % intervals; of frame scores also PSDS, average precision and
calibration."""

import sys

from kd.cli import run
from kd.passes.scoring_settings import EvaluateSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(EvaluateSettings, "kd.passes.evaluation:evaluate", name="evaluate", about=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
