"""What every part of a scene job shares, and the training of its networks: side by side, each on its run and registered."""

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from kd.audio.scene_spec import SceneSpec
from kd.engines.pool import Pool
from kd.models.scene_config import SceneConfig
from kd.passes.networks import Cost, Told, Training, cost_of, set_digest
from kd.passes.plan import seed_of
from kd.passes.steps import Steps, here
from kd.progress import Progress
from kd.scenes.inputs import TRAIN, SceneInputs
from kd.scenes.scores import Hearing, Said
from kd.tracking.registry import Registry
from kd.tracking.runs import Runs
from kd.training.data import Learnable
from kd.training.fit import FitSettings
from kd.training.scene_sets import SceneClips


@dataclass(frozen=True, eq=False)
class Wanted:
    """A network to be trained. name: in words; learnt: what it learns; start: folder of a network it goes on from.

    about: how, as parameters of its run, beside `how`; teachers: names of the networks it learns from or goes on from.
    """

    name: str
    config: SceneConfig
    learnt: Learnable[Any]
    how: FitSettings
    start: Path | None = None
    about: dict[str, Any] = field(default_factory=dict)
    teachers: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Trained:
    """A finished training. before: those it went on from, of the same name, first ones first."""

    wanted: Wanted
    step: Path
    before: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """What it is called."""
        return self.wanted.name

    @property
    def network(self) -> Path:
        """The folder of the network."""
        return self.step / "network"

    @property
    def cost(self) -> Cost:
        """What it took."""
        return cost_of((*self.before, self.step))


@dataclass(frozen=True)
class SceneTrial:
    """What a worker does for one network: train it, then ask it about these clips, with their digests."""

    training: Training
    spec: SceneSpec
    asked: tuple[tuple[str, SceneClips], ...]
    precision: str


def run_scene_trial(trial: SceneTrial, tell: Callable[[Told], None]) -> Path:
    """Train and ask; tells the machine's name, then what is `Told` after each step. Returns the training's folder."""
    tell(socket.gethostname())
    step = trial.training.run(lambda done, loss: tell((done, loss, time.monotonic())))
    for digest, clips in trial.asked:
        hearing = Hearing(trial.training.steps, step / "network", trial.spec, digest, trial.precision)
        hearing.run(lambda clips=clips: clips)  # type: ignore[misc]
    return step


@dataclass(frozen=True)
class SceneBench:
    """A corpus with the means to train, ask and record on it.

    threads: of each training; precision: arithmetic; parent: the job's run; code: digest of the code that does the work;
    owner: tags of every run; versions: of the systems recorded so far, by name.
    """

    inputs: SceneInputs
    steps: Steps
    runs: Runs
    registry: Registry
    progress: Progress
    workers: Pool
    threads: int
    precision: str
    seed: int
    parent: str
    code: str
    iterate_id: str
    owner: dict[str, str]
    versions: dict[str, int] = field(default_factory=dict)

    def config(self, architecture: str, *, width: float, recurrent: bool = True) -> SceneConfig:
        """A network's configuration on this corpus."""
        spec = next(iter(self.inputs.specs.values()))
        classes = self.inputs.classes
        return SceneConfig(architecture, classes, spec.channels, spec.mels, width, recurrent)

    def spec(self, config: SceneConfig) -> SceneSpec:
        """What a network reads."""
        return self.inputs.specs[config.sound]

    def clips(self, config: SceneConfig, *, crop: int = 0) -> SceneClips:
        """The training clips as a network reads them."""
        return self.inputs.clips(config.sound, TRAIN, crop=crop)

    def trained(self, wanted: Sequence[Wanted], *, before: Sequence[Trained] = ()) -> list[Trained]:
        """Networks trained side by side, in the order wanted. before: trainings of the same that they go on from."""
        return list(self._each(wanted, before))

    def _each(self, wanted: Sequence[Wanted], before: Sequence[Trained]) -> Iterator[Trained]:
        trials = [self._trial(each) for each in wanted]

        def heard(i: int, said: Told) -> None:
            each = wanted[i]
            if isinstance(said, str):
                kind = each.config.architecture
                self.progress.begin(each.name, index=0, kind=kind, steps=each.how.steps, cores=self.threads, host=said)
            else:
                self.progress.step(each.name, *said)

        made = self.workers.each(run_scene_trial, trials, heard, threads=self.threads, waiting=self.progress.waiting)
        for i, step in enumerate(map(here, made)):
            self.progress.end(wanted[i].name)
            earlier = (*before[i].before, before[i].step) if before else ()
            yield Trained(wanted[i], step, earlier)

    def training(self, wanted: Wanted) -> Training:
        """A network as a step."""
        kind = wanted.config.sound
        statistics = self.inputs.statistics[kind]
        clips = (type(wanted.learnt).__name__, self.inputs.digest(TRAIN))
        data = set_digest(wanted.learnt, spec=self.inputs.specs[kind], clips=clips, statistics=statistics)
        return Training(
            self.steps, wanted.config, wanted.learnt, *statistics, data, wanted.how, self.threads, wanted.start
        )

    def _trial(self, wanted: Wanted) -> SceneTrial:
        asked = tuple((self.inputs.digest(part), self.inputs.clips(wanted.config.sound, part)) for part in self.parts)
        return SceneTrial(self.training(wanted), self.spec(wanted.config), asked, self.precision)

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that every network is asked about."""
        return (TRAIN, *self.inputs.scored)

    def said(self, trained: Trained, part: str) -> Said:
        """What a network says of a part, asked once."""
        config = trained.wanted.config
        hearing = Hearing(self.steps, trained.network, self.spec(config), self.inputs.digest(part), self.precision)
        return hearing.run(partial(self.inputs.clips, config.sound, part))

    def seed_of(self, *parts: str | int) -> int:
        """A seed for one training."""
        return seed_of(self.seed, *parts)
