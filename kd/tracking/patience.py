"""A store that is away for a while: asked again, each time a little later, until it answers or patience ends.

What a job has computed lies in its finished steps meanwhile, and is sent once the store is back; if patience ends first,
by the same command run again.
"""

import os
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

from kd.config import say
from kd.progress import clock
from kd.text import masked

Result = TypeVar("Result")
PATIENCE = "KD_STORE_PATIENCE"  # seconds, in the environment
LONGEST = 600.0
FIRST, SLOWEST = 0.5, 30.0  # seconds between two attempts
AWAY = (
    "Connection refused",
    "Connection aborted",
    "Connection reset",
    "Max retries exceeded",
    "database is locked",
    "API request to",
    "could not translate host",
    "Name or service not known",
    "maintenance mode",
    "could not connect",
    "connection failed",
    "connection is closed",
    "connection is lost",
    "server closed the connection",
    "terminating connection",
    "the database system is",
    "Response ended prematurely",
    "unavailable",
    "Bad Gateway",
    "Timeout",
    "timed out",
)  # what the failures of a store say that may answer later
AT_ONCE = ("duplicate key value", "UNIQUE constraint failed", "Duplicate entry")  # two processes made the same row
RACES = 5  # attempts at a row that others make at the same moment
REFUSED = re.compile(r"error code 4(?!08|29)\d\d")  # an answer of HTTP that will not change


def said(error: BaseException) -> str:
    """The text of an error in one line, passwords left out."""
    return masked(" ".join(str(error).split()))


def is_away(error: BaseException) -> bool:
    """Whether an error means that the store may answer later."""
    libraries = ("mlflow", "sqlalchemy", "sqlite3", "requests", "urllib3", "psycopg", "http")
    text = said(error)
    if not type(error).__module__.startswith(libraries) or REFUSED.search(text):
        return False
    return any(sign in text for sign in AWAY)


class Patience:
    """How long a store is waited for; shared by all that asks it in one process. left: seconds for a call, 0 once it ended."""

    def __init__(self, seconds: float | None = None) -> None:
        given = os.environ.get(PATIENCE, "")
        asked = float(given) if given.replace(".", "", 1).isdecimal() else LONGEST
        self.left = asked if seconds is None else seconds

    def end(self) -> None:
        """Wait for nothing any more: the process is on its way out."""
        self.left = 0.0
        os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"

    def call(self, work: Callable[[], Result], done: Callable[[], Result | None] = lambda: None) -> Result:
        """What `work` returns, tried again while the store is away.

        done: asked before another attempt: the result, where an attempt that seemed to fail had done the work after all.
        """
        began, pause, told = time.monotonic(), FIRST, False
        while True:
            try:
                result = (done() if told else None) or work()
            except Exception as error:
                left = self.left - (time.monotonic() - began)
                if not is_away(error) or left <= 0:
                    if told:
                        self.left = 0.0
                    raise
                if not told:
                    say(f"note: the store does not answer; trying again for {clock(left)} ({said(error)[:120]})")
                    told = True
                time.sleep(min(pause, left))
                pause = min(2 * pause, SLOWEST)
                continue
            if told:
                say(f"note: the store answers again, after {clock(time.monotonic() - began)}")
            return result


class PatientClient:
    """An MlflowClient whose calls wait for a store that is away."""

    def __init__(self, client: Any, patience: Patience) -> None:
        self._client, self.patience = client, patience

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not callable(found):
            return found
        return lambda *arguments, **named: self.patience.call(lambda: found(*arguments, **named))

    def log_inputs(self, run: str, **named: Any) -> Any:
        """As MLflow's, which looks for a dataset and then makes it: where another process has just made it, look again."""
        for left in reversed(range(RACES)):
            try:
                return self.patience.call(lambda: self._client.log_inputs(run, **named))
            except Exception as error:
                if not left or not any(sign in said(error) for sign in AT_ONCE):
                    raise
        return None

    def create_model_version(self, name: str, source: str, **named: Any) -> Any:
        """As MLflow's; another attempt makes no second version of the same source."""

        def done() -> Any:
            versions = self._client.search_model_versions(f"name = '{name}' and source_path = '{source}'")
            return versions[0] if versions else None

        return self.patience.call(lambda: self._client.create_model_version(name, source, **named), done)
