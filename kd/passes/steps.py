"""Steps that are done once: content-addressed folders that appear whole or not at all."""

import contextlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from kd.code import code_digest
from kd.config import home
from kd.depot import MANIFEST, as_json, depot, manifest_of, name_of
from kd.errors import UserError
from kd.files import atomic_write_text, digest_of
from kd.lock import locked
from kd.temporary import remove

STEP = re.compile(r"[\w-]+-[0-9a-f]{32}")  # the name of a step's folder


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
        with _alone_at(done):
            if not self.is_whole(done) and not brought(done):
                self._make(done, make)
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
        manifest = manifest_of(outputs)
        for name in manifest:
            _sync(outputs / name)
        atomic_write_text(outputs / MANIFEST, as_json(manifest))
        if place := depot():
            place.keep_folder(outputs, name_of(done))
        outputs.rename(done)
        _sync(self.folder)
        remove(scratch)

    def is_whole(self, folder: Path) -> bool:
        """Whether a step's folder has its manifest and every file with the content named there."""
        manifest = folder / MANIFEST
        if not manifest.is_file():
            return False
        try:
            named = json.loads(manifest.read_text())
        except ValueError:
            return False
        return all((folder / f).is_file() and digest_of(folder / f) == digest for f, digest in named.items())


def portable(folder: Path) -> Path:
    """The path of a folder, or of one with the same content, that `here` finds on other machines: it is put into the depot."""
    place = depot()
    if place is None:
        return folder
    if step := _step_of(folder, inside=home() / "jobs"):
        place.keep_folder(step, name_of(step))
        return folder
    digest = sha256(as_json(manifest_of(folder)).encode()).hexdigest()
    found = home() / "depot" / f"folder-{digest[:32]}"
    place.keep_folder(folder, name_of(found))
    return found


def here(path: Path) -> Path:
    """A path inside the folder of a finished step, which is brought from the depot where it is not on this machine."""
    if not path.exists() and depot():
        step = _step_of(path, inside=home())
        if step is not None:
            with _alone_at(step):
                if not step.exists() and not brought(step):
                    raise UserError(
                        f"{step} is neither on this machine nor in the depot",
                        "set KD_DEPOT for the job too, or share KD_HOME",
                    )
    return path


@contextlib.contextmanager
def _alone_at(step: Path) -> Iterator[None]:
    """One process at a time makes or brings a step; the others wait."""
    step.parent.mkdir(parents=True, exist_ok=True)
    lock = step.with_suffix(".lock")
    with locked(lock, what="another process is at the same step", wait=True):
        yield
        lock.unlink(missing_ok=True)


def _step_of(path: Path, *, inside: Path) -> Path | None:
    """The folder of the step that a path leads into; None for another path."""
    found = (each for each in (path, *path.parents) if STEP.fullmatch(each.name) and each.is_relative_to(inside))
    return next(found, None)


def brought(done: Path) -> bool:
    """Whether the depot had this step: then it is here now."""
    place = depot()
    if place is None:
        return False
    coming = done.with_suffix(".new")
    remove(coming)
    coming.mkdir()
    if not place.fetch_folder(name_of(done), coming):
        remove(coming)
        return False
    remove(done)
    coming.rename(done)
    _sync(done.parent)
    return True


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
