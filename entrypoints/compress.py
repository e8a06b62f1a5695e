"""Several teachers into one small student, or a family of them: trained, measured on one core, the knee proposed.

S4: Fu et al., "Multi model-based distillation for sound event detection", IEICE Trans. Inf. & Syst. E102-D(10), 2019."""

import sys

from kd.cli import run
from kd.compress.settings import CompressSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(CompressSettings, "kd.compress.job:compress", name="compress", about=__doc__ or "", resumes=True)


if __name__ == "__main__":
    sys.exit(main())
