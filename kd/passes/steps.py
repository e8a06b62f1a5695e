"""Steps that are done once: content-addressed folders that appear whole or not at all."""

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from kd.code import code_digest
from kd.errors import UserError
from kd.files import atomic_write_text, digest_of
from kd.lock import locked
from kd.temporary import remove


class Steps:
    """Finished steps below `folder`; `salt` sets a job's steps apart from others' (empty: shared)."""

    def __init__(self, folder: Path, *, salt: str = "") -> None:
        self.folder, self.salt = folder, salt
        folder.mkdir(parents=True, exist_ok=True)

    def key(self, name: str, *, code: tuple[str, ...], inputs: Mapping[str, Any]) -> str:
        """sha256 over the step's name, the code it imports, and its inputs (JSON-able: settings, digests)."""
        about = {"name": name, "code": code_digest(*code), "inputs": dict(inputs), "salt": self.salt}
        return sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()

    def run(
        self,
        name: str,
        *,
        code: tuple[str, ...],
        inputs: Mapping[str, Any],
        make: Callable[[Path, Path], None],
    ) -> Path:
        """The folder of the finished step, made by `make(outputs, scratch)` if there is none that is whole.

        outputs: an empty folder to write into; scratch: a folder that survives a crash, for checkpoints.
        """
        key = self.key(name, code=code, inputs=inputs)
        done = self.folder / f"{name}-{key[:32]}"
        if self.is_whole(done):
            return done
        lock = done.with_suffix(".lock")
        with locked(lock, what="another process is at the same step", wait=True):
            if not self.is_whole(done):
                self._make(done, make)
            lock.unlink(missing_ok=True)
        return done

    def sweep(self) -> None:
        """Remove what killed processes left of steps that nobody is at: half-written outputs, scratch of finished ones.

        Scratch of unfinished ones is kept: a training goes on from its checkpoint.
        """
        for lock in self.folder.glob("*.lock"):
            done = lock.with_suffix("")
            with contextlib.suppress(UserError), locked(lock, what="another process is at this step"):
                remove(done.with_suffix(".new"))
                if done.is_dir():
                    remove(done.with_suffix(".scratch"))
                lock.unlink(missing_ok=True)

    def _make(self, done: Path, make: Callable[[Path, Path], None]) -> None:
        remove(done)
        outputs, scratch = done.with_suffix(".new"), done.with_suffix(".scratch")
        remove(outputs)
        outputs.mkdir()
        scratch.mkdir(exist_ok=True)
        make(outputs, scratch)
        files = sorted(path for path in outputs.rglob("*") if path.is_file())
        manifest = {str(path.relative_to(outputs)): digest_of(path) for path in files}
        for path in files:
            _sync(path)
        atomic_write_text(outputs / "manifest.json", json.dumps(manifest, indent=1, sort_keys=True))
        outputs.rename(done)
        _sync(self.folder)
        remove(scratch)

    def is_whole(self, folder: Path) -> bool:
        """Whether a step's folder has its manifest and every file with the content named there."""
        manifest = folder / "manifest.json"
        if not manifest.is_file():
            return False
        try:
            named = json.loads(manifest.read_text())
        except ValueError:
            return False
        return all((folder / f).is_file() and digest_of(folder / f) == digest for f, digest in named.items())


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
