"""Move the aliases of the registered model: champions of classes by a policy, the merged detector from stage to stage.

Every move is recorded, list=true prints them, undo=NUMBER takes one back."""

import sys

from kd.cli import run
from kd.promotion.settings import PromoteSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(PromoteSettings, "kd.promotion.command:promote", name="promote", about=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
