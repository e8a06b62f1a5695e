"""A detector's folder looked up in a process of its own.

The registry's packages take 2 s and 180 MB to import. Whoever only needs a folder lets another process import them, and
has loaded its own when the answer comes.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from kd.config import PROJECT
from kd.errors import UserError
from kd.tracking.detectors import ADDRESS, detector_folder


@contextlib.contextmanager
def looked_up(model: str) -> Iterator[Callable[[], Path]]:
    """Begins to look for the folder of a detector; what is given waits for it.

    Raises UserError, when it is waited for, as `detector_folder` does.
    """
    if not model.startswith(ADDRESS):
        yield lambda: detector_folder(model)[0]
        return
    with subprocess.Popen(
        [sys.executable, "-m", __name__, model, str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        },
    ) as process:

        def folder() -> Path:
            answer, _ = process.communicate()
            if process.returncode:
                raise RuntimeError(f"the look-up of {model} ended with {process.returncode}")
            found = json.loads(answer)
            if "folder" in found:
                return Path(found["folder"])
            raise UserError(found["message"], found["hint"])

        try:
            yield folder
        finally:
            process.kill()


def main(model: str, parent: str) -> None:
    """Prints the folder, or what stands in the way, as JSON."""
    from kd.engines.local import settle

    settle(int(parent))
    try:
        answer = {"folder": str(detector_folder(model)[0].absolute())}
    except UserError as error:
        answer = {"message": error.message, "hint": error.hint}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
