"""Delete the versions of the registered model that no alias, pass or lineage needs, and their files.

Prints what would go; dry_run=false deletes it. Runs, metrics and scores stay."""

import sys

from kd.cli import run
from kd.promotion.settings import PruneSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(PruneSettings, "kd.promotion.pruning:prune", name="prune", about=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
