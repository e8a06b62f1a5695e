"""The feature store: features of every clip ever extracted under one spec, in one memory-mapped array.

A folder per spec holds `spec.json`, `frames.f32` (a row of float32 numbers per clip; of int16, `frames.i16`) and
`index.json` (audio content's sha256 to row and length). Rows are appended in chunks: the array is flushed to disk before
the index names its rows, so that whatever happens in between, the index never names a row that is not whole, and
extraction goes on where it was.
"""

import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.audio.extract import Spec, description, extracted, extracted_by
from kd.audio.store_elsewhere import copied, keep_rows, name_in_depot
from kd.depot import depot
from kd.engines.pool import Pool
from kd.errors import UserError
from kd.files import atomic_write_text
from kd.lock import locked

Array = npt.NDArray[np.float32]
CHUNK = 256
FILES = {"float32": "frames.f32", "int16": "frames.i16"}


@dataclass(frozen=True, slots=True)
class Source:
    """An audio file and the sha256 of its content."""

    path: Path
    content: str


@dataclass(frozen=True, slots=True)
class ClipFeatures:
    """Features of some clips: rows of a memory-mapped array.

    array: (rows, frames, mels) float32, or (rows, *shape) of another spec's shape and kind of numbers; rows: (clips,) row
    of each clip; seconds: (clips,) each file's own length. A pickled copy maps the same file again, or on a machine that
    does not see it a copy of its rows in the depot.
    """

    array: npt.NDArray[Any]
    rows: npt.NDArray[np.int64]
    seconds: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, which: npt.NDArray[np.int64]) -> Array:
        """Features of the clips `which`, shape (len(which), frames, mels)."""
        return np.asarray(self.array[self.rows[which]])

    def of(self, which: Sequence[int]) -> "ClipFeatures":
        """Of these clips."""
        return ClipFeatures(self.array, self.rows[list(which)], self.seconds[list(which)])

    def __reduce__(self) -> tuple[Callable[..., "ClipFeatures"], tuple[Any, ...]]:
        if isinstance(self.array, np.memmap) and self.array.filename is not None:
            path = Path(self.array.filename)
            where = (path, name_in_depot(path.parent), self.array.dtype.str, self.array.shape, self.array.offset)
            return _mapped_again, (*where, self.rows, self.seconds)
        return ClipFeatures, (self.array, self.rows, self.seconds)


def one_after_another(parts: Sequence[ClipFeatures]) -> ClipFeatures:
    """Clips of one array, part by part."""
    rows, seconds = (np.concatenate([getattr(each, name) for each in parts]) for name in ("rows", "seconds"))
    return ClipFeatures(parts[0].array, rows, seconds)


def _mapped_again(
    path: Path,
    name: str,
    kind: str,
    shape: tuple[int, ...],
    offset: int,
    rows: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.float64],
) -> ClipFeatures:
    place = depot()
    if place is None or not name or name_in_depot(path.parent) == name:
        return ClipFeatures(np.memmap(path, dtype=kind, mode="r", shape=shape, offset=offset), rows, seconds)
    return ClipFeatures(copied(place, name, kind=kind, shape=shape, rows=rows), rows, seconds)


class FeatureStore:
    """Features under one spec."""

    def __init__(self, folder: Path, spec: Spec) -> None:
        """folder: where all specs' stores live, one for each `description`; made if absent."""
        self.spec = spec
        self._shared = 0  # rows that are known to be in the depot
        text = json.dumps(description(spec), sort_keys=True)
        self.digest = sha256(text.encode()).hexdigest()
        self.folder = folder / f"{spec.preset}-{spec.rate}-{self.digest[:12]}"
        self.folder.mkdir(parents=True, exist_ok=True)
        described = self.folder / "spec.json"
        if not described.exists():
            atomic_write_text(described, text)
        elif described.read_text() != text:
            raise UserError(f"{self.folder} holds features of another description", "remove the folder")

    def get(
        self,
        sources: Sequence[Source],
        *,
        workers: int = 1,
        progress: Callable[[int, int], None] | None = None,
        pool: Pool | None = None,
    ) -> ClipFeatures:
        """Features of `sources`, extracting those that are not stored yet.

        workers: threads to extract with; pool: who does it instead, where its workers are elsewhere and see the same files,
        there being no depot; progress: called with (done, all) clips of this call's extraction.
        Raises UserError naming the file that cannot be read.
        """
        index = self._index()
        if self._unshared(len(index)) or any(source.content not in index for source in sources):
            with locked(self.folder / "lock", what="another process is extracting the same features", wait=True):
                index = self._index()
                self._share(len(index))
                absent = _absent(sources, index)
                paths = [source.path for source in absent]
                if pool is not None and pool.elsewhere and depot() is None:
                    found = extracted_by(pool, paths, spec=self.spec)
                else:
                    found = extracted(paths, spec=self.spec, workers=workers)
                with closing(found):
                    self._keep(absent, found, index, progress)
        rows = np.array([index[source.content][0] for source in sources], dtype=np.int64)
        seconds = np.array([index[source.content][1] for source in sources], dtype=np.float64)
        return ClipFeatures(self._array(len(index)), rows, seconds)

    def _unshared(self, rows: int) -> bool:
        """Whether the depot, where there is one, may lack some of the first rows."""
        return depot() is not None and rows > self._shared

    def _share(self, rows: int) -> None:
        """Put the first rows into the depot, where there is one. Called by one process at a time."""
        if self._unshared(rows) and (place := depot()):
            keep_rows(place, self._path, width=self._width, there=self._shared, rows=rows)
            self._shared = rows

    def _index(self) -> dict[str, tuple[int, float]]:
        path = self.folder / "index.json"
        return (
            {key: (row, seconds) for key, (row, seconds) in json.loads(path.read_text()).items()}
            if path.exists()
            else {}
        )

    @property
    def _path(self) -> Path:
        return self.folder / FILES[self.spec.dtype]

    @property
    def _width(self) -> int:
        """Bytes of a row."""
        return math.prod(self.spec.shape) * np.dtype(self.spec.dtype).itemsize

    def _array(self, rows: int) -> npt.NDArray[Any]:
        shape = (rows, *self.spec.shape)
        path = self._path
        if rows == 0:
            return np.zeros(shape, dtype=self.spec.dtype)
        if path.stat().st_size < rows * self._width:
            raise UserError(f"{path} is shorter than its index says", f"remove {self.folder} and run again")
        return np.memmap(path, dtype=self.spec.dtype, mode="r", shape=shape)

    def _keep(
        self,
        sources: list[Source],
        results: Iterator[tuple[npt.NDArray[Any], float]],
        index: dict[str, tuple[int, float]],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        """Append the features of `sources` as they come, a chunk at a time."""
        done = 0
        while done < len(sources):
            chunk = sources[done : done + CHUNK]
            found = [next(results) for _ in chunk]
            with self._path.open("r+b" if index else "w+b") as file:
                file.seek(len(index) * self._width)
                for frames, _ in found:
                    file.write(frames.tobytes())
                file.truncate()
                file.flush()
                os.fsync(file.fileno())
            self._share(len(index) + len(chunk))
            for source, (_, seconds) in zip(chunk, found, strict=True):
                index[source.content] = (len(index), seconds)
            atomic_write_text(self.folder / "index.json", json.dumps(index))
            done += len(chunk)
            if progress is not None:
                progress(done, len(sources))


def _absent(sources: Sequence[Source], index: dict[str, tuple[int, float]]) -> list[Source]:
    by_content = {source.content: source for source in sources if source.content not in index}
    return list(by_content.values())


def statistics(features: Sequence[ClipFeatures]) -> tuple[Array, Array]:
    """Mean and standard deviation per band over all frames of the given clips, each of shape (mels,)."""
    count, total, squares = 0, 0.0, 0.0
    for part in features:
        for start in range(0, len(part), CHUNK):
            which = np.arange(start, min(start + CHUNK, len(part)))
            frames = part.batch(which).astype(np.float64).reshape(-1, part.array.shape[-1])
            count += len(frames)
            total = total + frames.sum(axis=0)
            squares = squares + (frames**2).sum(axis=0)
    mean = np.asarray(total) / count
    deviation = np.sqrt(np.maximum(np.asarray(squares) / count - mean**2, 1e-12))
    return mean.astype(np.float32), np.maximum(deviation, 1e-3).astype(np.float32)
