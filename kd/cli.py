"""What every entry point does around its work: parse, run, report, exit code.

Exit codes: 0 done; 2 the user's input or surroundings; 130 SIGINT; 143 SIGTERM; 1 a bug (with its traceback).
"""

import atexit
import importlib
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, NoReturn

from kd.config import HelpRequested, help_text, home, parse
from kd.engines.local import let_idle_threads_sleep
from kd.errors import UserError, out_of_memory, surroundings
from kd.temporary import own_folder
from kd.text import printable


class Terminated(BaseException):
    """SIGTERM arrived."""


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def run(
    kind: type[Any], work: str, *, name: str, about: str, resumes: bool = False, words: Sequence[str] | None = None
) -> int:
    """Parse `words` into settings of class `kind`, call `work` ("module:function") with them, return the exit code.

    resumes: whether the same command goes on where an interrupted one stopped. `work` is a name so that `--help` and
    mistakes in parameters answer before anything heavy is imported.
    """
    words = sys.argv[1:] if words is None else words
    signal.signal(signal.SIGTERM, _terminate)
    let_idle_threads_sleep()
    try:
        settings = parse(kind, words)
        module, _, function = work.partition(":")
        call: Callable[[Any], int | None] = getattr(importlib.import_module(module), function)
        with own_folder():
            return call(settings) or 0
    except HelpRequested:
        sys.stdout.write(help_text(kind, command=f"python -m entrypoints.{name}", about=about))
        return 0
    except UserError as error:
        return _refuse(error)
    except (KeyboardInterrupt, Terminated) as error:
        what, code = ("interrupted", 130) if isinstance(error, KeyboardInterrupt) else ("terminated", 143)
        then = "to go on from here" if resumes else "to begin anew"
        sys.stderr.write(f"\nerror: {what}\nhint: run the same command again {then}\n")
        return code
    except BrokenPipeError:  # who reads standard output has gone: nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, MemoryError, RuntimeError) as error:
        cause = out_of_memory(error)
        if cause is None and isinstance(error, OSError) and (cause := surroundings(error)) and not error.filename:
            cause.hint += f" (KD_HOME is {home()}, the temporary folder {tempfile.gettempdir()})"
        if cause is None:
            raise
        return _refuse(cause)


def leave(code: int) -> NoReturn:
    """End the process with an exit code, without tearing down what the system is about to take back.

    For commands that answer once: at the end of a process the CUDA libraries touch 80 MB more of themselves.
    """
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _refuse(error: UserError) -> int:
    if os.environ.get("KD_DEBUG") == "1":
        raise error
    sys.stderr.write(f"error: {printable(error.message)}\n")
    if error.hint:
        sys.stderr.write(f"hint: {printable(error.hint)}\n")
    return UserError.code
