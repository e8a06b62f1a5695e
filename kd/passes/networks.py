"""Networks as steps: trained once, and each split predicted once."""

import json
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from kd.audio.extract import Spec, description
from kd.audio.spec import FeatureSpec
from kd.audio.store import ClipFeatures
from kd.cost import forget_peak, peak_megabytes
from kd.engines.pool import Pool, shards
from kd.files import atomic_write_text, digest_of
from kd.models.build import build
from kd.models.config import ModelConfig
from kd.models.files import DESCRIPTION, WEIGHTS, load_model, save_model
from kd.models.going_on import go_on_from
from kd.models.memory import keep_freed_memory
from kd.models.network import Embedder
from kd.models.scene_config import SceneConfig
from kd.passes.steps import Steps, here, portable
from kd.passes.threads import use_threads
from kd.training.data import Learnable
from kd.training.fit import FitSettings, fit
from kd.training.precision import device
from kd.training.predict import logits_by_batch, write_logits
from kd.training.several import fit_by

Floats = npt.NDArray[np.float32]
Logits = npt.NDArray[np.float16]
Report = Callable[[int, float], None]
Told = tuple[int, float, float] | str  # steps done, loss, seconds by the worker's clock; where the training begins
SHARD = 512  # clips that a worker elsewhere predicts at a time
TRAINING_CODE = ("kd.training.fit", "kd.models.build", "kd.models.files")
PREDICTION_CODE = ("kd.training.predict", "kd.models.build")


def set_digest(training: Learnable[Any], *, spec: Spec, clips: Iterable[str], statistics: Iterable[Floats]) -> str:
    """sha256 over what a network is trained on: clips by the digests of their splits, features' description and
    statistics, targets."""
    digest = sha256(json.dumps(description(spec), sort_keys=True).encode())
    for each in clips:
        digest.update(each.encode())
    for array in (*statistics, *training.arrays()):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Training:
    """A network to be trained: its configuration, what it is trained on, and how. A worker process can be sent one.

    mean, deviation: (mels,) statistics of the features; data: from `set_digest`; threads: processor threads to use;
    start: folder of a saved network to go on from, None: a fresh one; ranks: processes that share each batch, a device each.
    """

    steps: Steps
    config: ModelConfig | SceneConfig
    training: Learnable[Any]
    mean: Floats
    deviation: Floats
    data: str
    how: FitSettings
    threads: int
    start: Path | None = None
    ranks: int = 1

    @cached_property
    def about(self) -> dict[str, Any]:
        """All that the trained weights depend on, besides code."""
        more: dict[str, Any] = {} if self.start is None else {"start": digest_of(here(self.start) / WEIGHTS)}
        more |= {"ranks": self.ranks} if self.ranks > 1 else {}
        return {
            "config": self.config.to_json(),
            "how": asdict(self.how),
            "data": self.data,
            "torch": torch.__version__,
            "threads": self.threads,
            **more,
        }

    @property
    def code(self) -> tuple[str, ...]:
        """The modules whose code makes the weights; the loss is that of the training set."""
        return (*TRAINING_CODE, type(self.training).__module__)

    @property
    def key(self) -> str:
        """Names the training among all others."""
        return self.steps.key("train", code=self.code, inputs=self.about)[:32]

    def run(self, report: Report | None = None) -> Path:
        """The finished training: a folder with `network/`, `losses.json` (one number per step), `seconds.json`
        and `megabytes.json`."""
        use_threads(self.threads)
        keep_freed_memory()
        return self.steps.run("train", code=self.code, inputs=self.about, make=partial(self._make, report))

    def _make(self, report: Report | None, outputs: Path, scratch: Path) -> None:
        torch.manual_seed(self.how.seed)
        forget_peak()
        network = build(self.config)
        if self.start is not None:
            go_on_from(network, here(self.start))
        network.set_statistics(self.mean, self.deviation)
        start = time.monotonic()
        checkpoint = scratch / "checkpoint.safetensors"
        learn = partial(fit_by, self.ranks, threads=self.threads) if self.ranks > 1 else fit
        if self.ranks == 1:
            network = network.to(device())
        losses = learn(network, self.training, self.how, mean=self.mean, checkpoint=checkpoint, report=report)
        save_model(outputs / "network", network.cpu(), self.config, {"trained_on": self.data})
        atomic_write_text(outputs / "losses.json", json.dumps(losses))
        atomic_write_text(outputs / "seconds.json", json.dumps(time.monotonic() - start))
        atomic_write_text(outputs / "megabytes.json", json.dumps(peak_megabytes()))


@dataclass(frozen=True)
class Prediction:
    """Logits to be made of clips by the network saved at `network`, or what its last layer is given.

    spec: of the features; clips: their digest; embedding: (clips, frames, dimensions) in place of the logits.
    """

    steps: Steps
    network: Path
    spec: FeatureSpec
    clips: str
    precision: str
    embedding: bool = False

    def run(self, features: Callable[[], ClipFeatures], *, pool: Pool | None = None) -> Logits:
        """The logits, (clips, frames, classes), memory-mapped; `features` is called only if they are not there yet.

        pool: who makes them, shard by shard, where its workers are elsewhere.
        """

        def make(outputs: Path, scratch: Path) -> None:
            clips = features()
            parts = self._sent(clips, pool) if pool is not None and pool.elsewhere else self.parts(clips)
            write_logits(outputs / "logits.npy", parts, len(clips))

        about = {
            **({"embedding": True} if self.embedding else {}),
            "network": digest_of(here(self.network) / WEIGHTS),
            "config": digest_of(self.network / DESCRIPTION),
            "spec": description(self.spec),
            "clips": self.clips,
            "precision": self.precision,
            "torch": torch.__version__,
        }
        folder = self.steps.run("predict", code=PREDICTION_CODE, inputs=about, make=make)
        logits: Logits = np.load(folder / "logits.npy", mmap_mode="r", allow_pickle=False)
        return logits

    def parts(self, clips: ClipFeatures) -> Iterator[Logits]:
        """The logits of these clips, a batch at a time."""
        model, _, _ = load_model(here(self.network))
        asked = Embedder(model) if self.embedding else model
        return logits_by_batch(asked.to(device()), clips, precision=self.precision)

    def _sent(self, clips: ClipFeatures, pool: Pool) -> Iterator[Logits]:
        sent = replace(self, network=portable(self.network))
        return pool.each(predict_shard, [(sent, clips.of(shard)) for shard in shards(len(clips), size=SHARD)])


def predict_shard(item: tuple[Prediction, ClipFeatures], tell: Callable[[None], None]) -> Logits:
    """What a worker does for a shard of a split."""
    work, clips = item
    return np.concatenate(list(work.parts(clips)))


@dataclass(frozen=True)
class Trial:
    """A training, and the splits its network is judged on: (digest, features) of each."""

    training: Training
    spec: FeatureSpec
    judged_on: tuple[tuple[str, ClipFeatures], ...]


def run_trial(trial: Trial, tell: Callable[[Told], None]) -> Path:
    """Train and predict; tells the machine's name, then what is `Told` after each step. Returns the training's folder."""
    tell(socket.gethostname())
    training = trial.training
    step = training.run(lambda done, loss: tell((done, loss, time.monotonic())))
    for clips, features in trial.judged_on:
        work = Prediction(training.steps, step / "network", trial.spec, clips, training.how.precision)
        work.run(lambda features=features: features)  # type: ignore[misc]
    return step


@dataclass(frozen=True, slots=True)
class Cost:
    """What a training took: seconds, and the peak memory of its process in MB, None where it was not measured."""

    seconds: float
    megabytes: float | None


def cost_of(steps: Sequence[Path]) -> Cost:
    """What finished trainings took together: the sum of their seconds, the largest peak."""
    peaks = [json.loads(path.read_text()) for step in steps if (path := step / "megabytes.json").exists()]
    return Cost(sum(json.loads((step / "seconds.json").read_text()) for step in steps), max(peaks, default=None))
