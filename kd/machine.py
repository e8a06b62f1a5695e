"""The machine that figures were measured on."""

import platform
from pathlib import Path
from typing import Any

from kd.engines.local import cores


def machine() -> dict[str, Any]:
    """Processor, cores used, and versions."""
    import numpy
    import torch

    from kd.training.precision import bfloat16_hardware

    info = Path("/proc/cpuinfo")
    names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor(),
        "bfloat16": bfloat16_hardware(),
        "cores": cores(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
    }
