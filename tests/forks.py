"""Entry points in forks of one process that has imported everything: seconds cheaper than a process of their own."""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HEAVY = (
    "mlflow.pyfunc",
    "mlflow.store.tracking.sqlalchemy_store",
    "kd.tuning.study",
    "dashboards.job",
    "kd.compress.job",
    "kd.scenes.job",
    "kd.export.command",
    "kd.listening.command",
    "kd.passes.loop",
    "kd.passes.single",
    "kd.passes.labelling",
    "kd.passes.evaluation",
    "kd.passes.comparison",
    "kd.lineage.command",
    "kd.passes.tuning",
    "kd.passes.class_frame",
    "kd.promotion.command",
    "kd.promotion.table",
    "kd.promotion.pruning",
)


class Forks:
    """A process that waits for commands."""

    def __init__(self, root: Path) -> None:
        env = {**os.environ, "PYTHONPATH": str(root)}
        words = [sys.executable, "-m", "tests.forks"]
        self.process = subprocess.Popen(
            words, cwd=root, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def run(
        self, name: str, words: list[str], *, folder: Path, env: dict[str, str]
    ) -> "subprocess.CompletedProcess[str]":
        """An entry point to its end: exit code and what it printed."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps({"name": name, "words": words, "folder": str(folder), "env": env}) + "\n")
        self.process.stdin.flush()
        found = json.loads(self.process.stdout.readline())
        return subprocess.CompletedProcess(words, found["code"], found["out"], found["err"])

    def close(self) -> None:
        """End the process."""
        self.process.communicate(timeout=60)


def serve() -> None:
    """Answer each line of standard input with a line of JSON."""
    for module in HEAVY:
        importlib.import_module(module)
    for line in sys.stdin:
        asked = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if not child:
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                os._exit(_call(asked))
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            said = []
            for stream in (out, err):
                stream.seek(0)
                said.append(stream.read().decode())
        sys.stdout.write(json.dumps({"code": code, "out": said[0], "err": said[1]}) + "\n")
        sys.stdout.flush()


def _call(asked: dict[str, Any]) -> int:
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.argv = [asked["name"], *asked["words"]]
    code = 1
    try:
        code = importlib.import_module(f"entrypoints.{asked['name']}").main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return code


if __name__ == "__main__":
    serve()
