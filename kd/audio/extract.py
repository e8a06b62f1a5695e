"""Sound files to features, several at a time. The one place that chooses what computes the log-mel."""

from collections.abc import Callable, Generator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from kd.audio.decode import decode
from kd.audio.logmel import log_mel, sparse_filterbank
from kd.audio.logmel_torch import log_mel_of
from kd.audio.scene_sound import scene_sound
from kd.audio.scene_spec import SceneSpec
from kd.audio.spec import FeatureSpec
from kd.audio.torchaudio_import import torchaudio
from kd.engines.local import mapped
from kd.engines.pool import Pool, shards

Array = npt.NDArray[Any]
Spec = FeatureSpec | SceneSpec
BATCH = 32
SHARD = 128  # files that a worker elsewhere is sent at a time


def on_cuda() -> bool:
    """Whether log-mels are computed on a CUDA device: wherever there is one."""
    return torch.cuda.is_available()


def description(spec: Spec) -> dict[str, Any]:
    """What names stored features, and steps made from them: the spec, and on CUDA who computed them.

    Features made on CUDA are the processor's within `log_mel_of`'s 1e-5, far below what a network tells apart: a model
    made with either reads the other. But they are not the same numbers, and a job must find the ones that it began
    with, wherever it is resumed: they are kept apart.
    """
    return {**spec.to_dict(), "by": "torch on cuda"} if together(spec) else spec.to_dict()


def together(spec: Spec) -> bool:
    """Whether many clips' features are computed at once, on a CUDA device."""
    return on_cuda() and isinstance(spec, FeatureSpec)


def extracted(paths: Sequence[Path], *, spec: Spec, workers: int) -> Generator[tuple[Array, float]]:
    """Features, of the spec's shape, and length in seconds of each file, in order, by `workers` threads.

    Each thread computes alone: torch is kept to one thread a worker until the iterator is closed.
    Raises UserError naming the file that cannot be read.
    """
    bands = spec if isinstance(spec, FeatureSpec) else spec.bands
    torchaudio(), sparse_filterbank(bands)  # imports that threads must not make at once
    before = torch.get_num_threads()
    alone()
    try:
        if isinstance(spec, FeatureSpec) and together(spec):
            yield from batched(paths, spec=spec, workers=workers, device=torch.device("cuda"))
        else:
            yield from mapped(partial(extract, spec=spec), paths, workers=workers, begin=alone)
    finally:
        torch.set_num_threads(before)


def extracted_by(pool: Pool, paths: Sequence[Path], *, spec: Spec) -> Generator[tuple[Array, float]]:
    """The same, a shard of files at a time by workers that see them at the same places."""
    items = [([paths[i] for i in shard], spec) for shard in shards(len(paths), size=SHARD)]
    for found in pool.each(extract_shard, items):
        yield from found


def extract_shard(item: tuple[list[Path], Spec], tell: Callable[[None], None]) -> list[tuple[Array, float]]:
    """What a worker does for a shard."""
    paths, spec = item
    return list(extracted(paths, spec=spec, workers=1))


def alone() -> None:
    """Keep torch to the calling thread."""
    torch.set_num_threads(1)


def extract(path: Path, *, spec: Spec) -> tuple[Array, float]:
    """One clip's features and its file's length in seconds."""
    if isinstance(spec, SceneSpec):
        return scene_sound(path, spec=spec)
    samples, seconds = decode(path, rate=spec.rate, seconds=spec.seconds)
    return log_mel(samples, spec=spec), seconds


def batched(
    paths: Sequence[Path], *, spec: FeatureSpec, workers: int, device: torch.device
) -> Generator[tuple[Array, float]]:
    """The same, files decoded by `workers` threads and log-mels computed on a device, a batch at a time."""
    clips = mapped(partial(decode, rate=spec.rate, seconds=spec.seconds), paths, workers=workers, begin=alone)
    while batch := list(islice(clips, BATCH)):
        samples = torch.from_numpy(np.stack([each for each, _ in batch])).to(device)
        features = log_mel_of(samples, spec=spec).cpu().numpy()
        yield from zip(features, (seconds for _, seconds in batch), strict=True)
