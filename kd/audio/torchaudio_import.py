"""torchaudio without its compiled extension where that does not fit the machine.

On a machine whose torch was built for another CUDA than torchaudio's, or for none, `import torchaudio` raises although
everything used here is plain Python. torchaudio treats an absent extension as a supported case; this stands in for it.
"""

import functools
import sys
import types
from typing import Any


@functools.cache
def torchaudio() -> Any:
    """The module torchaudio, imported once."""
    try:
        import torchaudio as module
    except (OSError, RuntimeError) as error:
        for name in [n for n in sys.modules if n == "torchaudio" or n.startswith("torchaudio.")]:
            del sys.modules[name]
        sys.modules["torchaudio._extension"] = extension = _absent(str(error))
        import torchaudio as module

        module._extension = extension
    return module


def _absent(why: str) -> Any:
    extension: Any = types.ModuleType("torchaudio._extension")
    extension._IS_TORCHAUDIO_EXT_AVAILABLE = False
    extension._IS_ALIGN_AVAILABLE = False
    extension._check_cuda_version = lambda: None

    def fail_if_no_align(_function: Any) -> Any:
        def refuse(*_args: Any, **_kwargs: Any) -> Any:
            raise RuntimeError(f"torchaudio's compiled extension is not loaded: {why}")

        return refuse

    extension.fail_if_no_align = fail_if_no_align
    return extension
