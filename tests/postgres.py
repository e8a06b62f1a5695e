"""A PostgreSQL server of one's own, which root may not run itself."""

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def program(name: str) -> str:
    """Where a program of PostgreSQL is, Debian's own folder included; empty where it is not."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(debian[-1]) if debian else "")


needs_postgres = pytest.mark.skipif(
    not (importlib.util.find_spec("psycopg") and program("initdb")), reason="PostgreSQL or psycopg is absent"
)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def postgres(*databases: str) -> Iterator[str]:
    """The address of a new server without the name of a database, which comes after it; databases: made beside `postgres`."""
    folder, port = Path(tempfile.mkdtemp(prefix="kd-server-")), free_port()
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)

    def run(*words: str) -> None:
        words = (program(words[0]), *words[1:])
        subprocess.run(words, user=user, cwd="/", check=True, stdout=subprocess.DEVNULL)

    run("initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "kd", "--no-sync")
    run("pg_ctl", "-D", f"{folder}/data", "-o", f"-p {port} -k {folder}", "-l", f"{folder}/log", "-w", "start")
    try:
        for name in databases:
            run("createdb", "-h", str(folder), "-p", str(port), "-U", "kd", name)
        yield f"postgresql://kd:secret@127.0.0.1:{port}/"
    finally:
        run("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")
        shutil.rmtree(folder)
