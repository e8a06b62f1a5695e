"""What every part of a running job shares."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kd.audio.spec import FeatureSpec
from kd.detection.apply import Logits, finest, merged_columns
from kd.detection.detector import Detector
from kd.engines.pool import Pool
from kd.models.config import ModelConfig
from kd.passes.inputs import Inputs, Part, View
from kd.passes.judging import Judge, Verdict
from kd.passes.networks import Prediction, Training, Trial, set_digest
from kd.passes.plan import POOLING, recipe_of, width_of
from kd.passes.settings import FittedSettings
from kd.passes.steps import Steps, portable
from kd.progress import Progress
from kd.tracking.registry import Registry
from kd.tracking.runs import Runs
from kd.training.data import Learnable
from kd.training.fit import FitSettings


@dataclass(frozen=True)
class Bench:
    """A corpus with the means to train, predict and record on it; one-off entry points need no more.

    judge: what networks are scored against; code: digest of the code that does the work; owner: tags of every run, from
    `recovery.owner_tags`; pool: workers, where there are any.
    """

    inputs: Inputs
    judge: Judge
    steps: Steps
    runs: Runs
    registry: Registry
    progress: Progress
    precision: str
    code: str
    iterate_id: str
    owner: dict[str, str]
    pool: Pool | None = None

    def member_logits(self, detector: Detector, index: int, part: Part) -> Logits:
        """Logits of one member of a detector on a split, predicted once."""
        member = detector.members[index]
        return self.predicted(member.folder, member.spec, part)

    def predicted(self, network: Path, spec: FeatureSpec, part: Part) -> Logits:
        """Logits of a split by the network saved in a folder, predicted once."""
        work = Prediction(self.steps, network, spec, part.digest, self.precision)
        return work.run(lambda: self.inputs.features(part, spec), pool=self.pool)

    def view(self, architecture: str) -> View:
        """What networks of an architecture see."""
        return self.inputs.views[architecture]

    def training(
        self,
        config: ModelConfig,
        training: Learnable[Any],
        how: FitSettings,
        *,
        threads: int,
        start: Path | None = None,
        ranks: int = 1,
    ) -> Training:
        """A network to be trained here; start: folder of a saved one to go on from; ranks: processes that share it."""
        view = self.view(config.architecture)
        clips = [part.digest for part in self.inputs.training.values()]
        statistics = (view.mean, view.deviation)
        data = set_digest(training, spec=view.spec, clips=clips, statistics=statistics)
        how = replace(how, going_on=start is not None)
        return Training(self.steps, config, training, *statistics, data, how, threads, start, ranks)

    def trial(
        self,
        config: ModelConfig,
        training: Learnable[Any],
        how: FitSettings,
        *,
        threads: int,
        start: Path | None = None,
        ranks: int = 1,
    ) -> Trial:
        """What a worker does for one network: train it, then predict the scored splits."""
        inputs, spec = self.inputs, self.view(config.architecture).spec
        scored = [part for part in (inputs.select, inputs.report) if part is not None]
        judged_on = tuple((part.digest, inputs.features(part, spec)) for part in scored)
        start = None if start is None else portable(start)
        work = self.training(config, training, how, threads=threads, start=start, ranks=ranks)
        return Trial(work, spec, judged_on)

    def logits(self, detector: Detector, part: Part) -> Logits:
        """Merged logits of a detector on a split, each member predicted once."""
        members = {index: self.member_logits(detector, index, part) for index in detector.used}
        return merged_columns(detector, members)

    def verdict(self, detector: Detector) -> Verdict:
        """Scores of a detector on the scored splits, at the operating points it carries."""
        select, report = self.inputs.select, self.inputs.report
        return self.judge.verdict(
            grid=finest(detector),
            select=self.logits(detector, select),
            report=None if report is None else self.logits(detector, report),
            points=detector.points,
            temperatures=detector.temperatures,
        )


def model_config(settings: FittedSettings, architecture: str, inputs: Inputs) -> ModelConfig:
    """The configuration of one network of a job."""
    return ModelConfig(
        architecture=architecture,
        classes=inputs.classes,
        mels=inputs.views[architecture].spec.mels,
        sru_version=settings.sru_version,
        recurrent_activation=settings.recurrent_activation,
        padding=settings.padding,
        width=width_of(settings, architecture),
        direction=settings.direction,
        pooling=pooling_of(settings),
    )


def pooling_of(settings: FittedSettings) -> str:
    """How the networks of a job pool clip tags."""
    return settings.pooling or POOLING[recipe_of(settings)]
