"""Print each class's champion: version, network, pass, F1 on the selection split, and who moved it there when."""

import sys

from kd.cli import run
from kd.promotion.settings import ChampionsSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(ChampionsSettings, "kd.promotion.table:champions", name="champions", about=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
