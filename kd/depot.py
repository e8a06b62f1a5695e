"""Finished work where every machine of a job finds it: below `KD_DEPOT`, any address that fsspec takes, such as `s3://…`.

For clusters without a shared file system. What a machine has made is put there before it counts as made, and brought
from there by the machine that needs it. Names are content addresses and nothing there is ever changed, so that machines
need not agree on anything.
"""

import contextlib
import importlib
import json
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from kd.config import home
from kd.errors import UserError
from kd.files import atomic_write_bytes, digest_of
from kd.text import masked

MANIFEST = "manifest.json"  # of a folder: each file's digest; there once all files are


class Depot:
    """A place for files and folders by name, with `/` between the parts of a name."""

    def __init__(self, address: str) -> None:
        self.address = address
        with self._errors():
            fsspec: Any = importlib.import_module("fsspec")
            self._files, self._root = fsspec.core.url_to_fs(address)

    def keep_folder(self, folder: Path, name: str) -> None:
        """Put a folder there, its manifest last. Nothing happens where it is there already."""
        with self._errors():
            if self._files.exists(self._place(name, MANIFEST)):
                return
            manifest = manifest_in(folder)
            for file in manifest:
                place = self._place(name, file)
                self._files.makedirs(place.rpartition("/")[0], exist_ok=True)
                self._files.put_file(str(folder / file), place)
            self._files.pipe_file(self._place(name, MANIFEST), as_json(manifest).encode())

    def fetch_folder(self, name: str, into: Path) -> bool:
        """Bring a folder, into one that is there and empty. False where it is not there, or not whole."""
        with self._errors():
            if not self._files.exists(self._place(name, MANIFEST)):
                return False
            manifest = self._files.cat_file(self._place(name, MANIFEST))
            try:
                named = json.loads(manifest)
            except ValueError:
                return False
            for file, digest in named.items():
                target = into / file
                target.parent.mkdir(parents=True, exist_ok=True)
                if not self._files.exists(self._place(name, file)):
                    return False
                self._files.get_file(self._place(name, file), str(target))
                if digest_of(target) != digest:
                    return False
        atomic_write_bytes(into / MANIFEST, manifest)
        return True

    def keep(self, name: str, data: bytes) -> None:
        """Put a file there."""
        with self._errors():
            self._files.makedirs(self._place(name).rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(self._place(name), data)

    def fetch(self, name: str) -> bytes:
        """A file's content. Raises UserError where it is not there."""
        with self._errors():
            return bytes(self._files.cat_file(self._place(name)))

    def sizes(self, name: str) -> dict[str, int]:
        """The files of a folder by name, and their sizes; nothing where there is none."""
        with self._errors():
            self._files.invalidate_cache()
            if not self._files.exists(self._place(name)):
                return {}
            found = self._files.ls(self._place(name), detail=True)
        return {each["name"].rpartition("/")[2]: int(each["size"]) for each in found if each["type"] == "file"}

    def _place(self, *parts: str) -> str:
        return "/".join([self._root.rstrip("/"), *parts])

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """What goes wrong, as what the user can mend."""
        where = masked(self.address)
        try:
            yield
        except UserError:
            raise
        except ImportError as error:
            raise UserError(
                f"the depot {where} needs a package that is absent ({error})",
                "install it, for s3 with: pip install 'kd-sed[s3]'",
            ) from error
        except Exception as error:  # each kind of store has errors of its own
            said = " ".join(str(error).split())[:200] or type(error).__name__
            raise UserError(
                f"the depot {where} cannot be used ({masked(said)})",
                "check KD_DEPOT, that it is up, and its credentials; the same command goes on from here",
            ) from error


def manifest_in(folder: Path) -> dict[str, str]:
    """The manifest that a folder holds; made of its files where it holds none."""
    kept = folder / MANIFEST
    return dict(json.loads(kept.read_text())) if kept.exists() else manifest_of(folder)


def manifest_of(folder: Path) -> dict[str, str]:
    """The digest of each file of a folder, by its name there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    return {str(path.relative_to(folder)): digest_of(path) for path in files}


def as_json(manifest: dict[str, str]) -> str:
    """A manifest as it is kept."""
    return json.dumps(manifest, indent=1, sort_keys=True)


@lru_cache(maxsize=4)
def _depot(address: str, process: int) -> Depot:
    return Depot(address)


def depot() -> Depot | None:
    """Where `KD_DEPOT` says; None where it says nothing."""
    address = os.environ.get("KD_DEPOT", "")
    return _depot(address, os.getpid()) if address else None


def name_of(folder: Path) -> str:
    """What a folder below `KD_HOME` is called in the depot."""
    return Path(os.path.relpath(folder, home())).as_posix()
