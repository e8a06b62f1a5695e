"""Label a corpus with a registered model: merged logits and how labels are made of them, in one folder."""

import sys

from kd.cli import run
from kd.passes.settings import PseudoLabelSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(
        PseudoLabelSettings, "kd.passes.labelling:pseudo_label", name="pseudo_label", about=__doc__ or "", resumes=True
    )


if __name__ == "__main__":
    sys.exit(main())
