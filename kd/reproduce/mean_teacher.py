"""A mean teacher on our features, tuned as our networks are."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kd.config import home
from kd.engines.local import cores
from kd.models.config import ModelConfig
from kd.passes.inputs import Inputs, Part, View, open_corpus, open_inputs
from kd.passes.judged import Judged, system_of
from kd.passes.judging import Logits, judge_of
from kd.passes.networks import Prediction, Training, set_digest
from kd.passes.plan import BATCH
from kd.passes.settings import IterateSettings
from kd.passes.steps import Steps
from kd.passes.targets import KNOWN_TAGS, joined, true_frames
from kd.passes.threads import precision_of, use_threads
from kd.progress import Progress
from kd.scoring.system import System
from kd.training.consistency import ConsistencySet
from kd.training.fit import FitSettings

DECAY = 0.999  # of the teacher's weights


@dataclass(frozen=True, eq=False)
class Taught:
    """The teacher as a system by `fixed` and `tuned`, the clips that its training took, and its seconds."""

    systems: Mapping[str, System]
    clip_steps: int
    seconds: float


def mean_teacher(settings: IterateSettings, *, architecture: str) -> Taught:
    """Train one for `settings.steps` steps; its scores on `report_on`, on `select_on` where that is empty.

    Features, network, pooling, batch, optimiser and rate are those of our jobs; weights are averaged by 0.999, consistency
    rises to 2. A training that was interrupted goes on.
    """
    progress = Progress(passes=0, batch=BATCH["default"])
    corpus = open_corpus(settings, progress)
    use_threads(settings.threads)
    inputs = open_inputs(settings, corpus, progress, architectures=(architecture,))
    view, threads = inputs.views[architecture], settings.threads or cores()
    how = FitSettings(
        steps=settings.steps,
        batch=settings.batch or BATCH["default"],
        learning_rate=settings.learning_rate,
        seed=settings.seed,
        precision=precision_of(settings),
        average=DECAY,
    )
    training = consistency_set(inputs, view, steps=how.steps)
    statistics = (view.mean, view.deviation)
    clips = [part.digest for part in inputs.training.values()]
    data = set_digest(training, spec=view.spec, clips=clips, statistics=statistics)
    config = ModelConfig(architecture, inputs.classes, mels=view.spec.mels, pooling="linear")
    steps = Steps(home() / "jobs" / "mean-teacher")
    work = Training(steps, config, training, *statistics, data, how, threads)
    began = time.monotonic()
    progress.plan({architecture: how.steps}, {}, cores=threads)
    progress.begin("mean teacher", index=0, kind=architecture, steps=how.steps, cores=threads)
    network = work.run(lambda done, loss: progress.step("mean teacher", done, loss)) / "network"
    progress.end("mean teacher")

    def said(part: Part) -> Logits:
        return Prediction(steps, network, view.spec, part.digest, how.precision).run(lambda: part.features[view.spec])

    parts = {"select": inputs.select, **({} if inputs.report is None else {"report": inputs.report})}
    logits = {role: said(part) for role, part in parts.items()}
    verdict = judge_of(inputs).verdict(grid=view.grid, select=logits["select"], report=logits.get("report"))
    judged, role = Judged("mean teacher", verdict, logits), list(parts)[-1]
    systems = {
        kind: system_of(judged, role, kind, part=parts[role], grid=view.grid, classes=inputs.classes, root=corpus.root)
        for kind in ("fixed", "tuned")
    }
    return Taught(systems, how.steps * how.batch, time.monotonic() - began)


def consistency_set(inputs: Inputs, view: View, *, steps: int) -> ConsistencySet:
    """All training clips with what is known of them."""
    classes = inputs.classes
    frames = np.zeros((0, view.grid.frames, len(classes)), np.float16)
    tags, strong = {}, []
    for role, part in inputs.training.items():
        count = len(part.names)
        known = role in KNOWN_TAGS
        tags[role] = part.tags(classes) if known else np.full((count, len(classes)), np.nan, np.float16)
        strong.append(np.arange(count) if role == "strong" else np.full(count, -1))
        if role == "strong":
            frames = true_frames(part, inputs, view)
    clips = joined(view, inputs.training, tags)
    return ConsistencySet(clips.features, clips.targets, frames, np.concatenate(strong), steps)
