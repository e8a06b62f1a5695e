"""What the failures of the studies' database mean."""

import contextlib
import textwrap
from collections.abc import Iterator

from kd.errors import UserError, surroundings
from kd.text import masked
from kd.tracking.store import EXTRA, SQLITE

LIBRARIES = ("optuna", "sqlalchemy", "sqlite3", "alembic", "psycopg")
AGAIN = "run the same command again"
MEANING = {
    "disk is full": ("the disk is full: {uri}", f"free some space and {AGAIN}"),
    "No space left": ("the disk is full: {uri}", f"free some space and {AGAIN}"),
    "not a database": ("the studies {uri} are no database", "name another file in KD_OPTUNA_URI"),
    "is locked": ("another program has locked the studies {uri}", f"wait for it to end, or stop it, then {AGAIN}"),
    "readonly": ("the studies {uri} cannot be written", "check owner and rights, or KD_OPTUNA_URI"),
    "malformed": ("the studies {uri} are damaged", "name another database in KD_OPTUNA_URI"),
    "table schema": ("the studies {uri} are of another version of optuna", "`optuna storage upgrade`, or name others"),
    "no schema has been selected": ("the schema named in {uri} does not exist", "make it: CREATE SCHEMA ..."),
    "UpdateFinishedTrial": ("the studies {uri} lost this process, and another took its trial over", AGAIN),
}


@contextlib.contextmanager
def store_errors(uri: str) -> Iterator[None]:
    """Turn a database that is away, locked, full or not one into a UserError that names it."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        known = surroundings(error) if isinstance(error, OSError) else None
        if known:
            raise known from error
        if not isinstance(error, ImportError | RuntimeError) and not type(error).__module__.startswith(LIBRARIES):
            raise
        text, uri = _told(error), masked(uri)
        if isinstance(error, ImportError):
            hint = "make install sets the environment up" if uri.startswith(SQLITE) else EXTRA
            raise UserError(f"a package is absent that {uri} needs ({text})", hint) from error
        for sign, (message, hint) in MEANING.items():
            if sign in text:
                raise UserError(message.format(uri=uri), hint) from error
        if "OperationalError" not in text:
            raise
        raise UserError(
            f"the studies {uri} do not answer ({textwrap.shorten(text.rpartition('Error: ')[2], 200, placeholder=' …')})",
            f"check KD_OPTUNA_URI and that the database is up, then {AGAIN}",
        ) from error


def _told(error: BaseException | None) -> str:
    """What an error and those behind it say, with their kinds."""
    parts = []
    while error:
        parts.append(f"{type(error).__name__}: {error}")
        error = error.__cause__
    return masked(" ".join(" ".join(parts).split()))
