"""A mean teacher on our features, tuned as our networks are."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from kd.config import home
from kd.engines.local import cores
from kd.models.build import build
from kd.models.config import ModelConfig
from kd.models.files import save_model
from kd.models.memory import keep_freed_memory
from kd.passes.inputs import Inputs, Part, View, open_corpus, open_inputs
from kd.passes.judged import Judged, system_of
from kd.passes.judging import Logits, judge_of, macro
from kd.passes.networks import Prediction, Training, set_digest
from kd.passes.plan import BATCH, rate_of, width_of
from kd.passes.settings import IterateSettings
from kd.passes.steps import Steps
from kd.passes.targets import KNOWN_TAGS, joined, true_frames
from kd.passes.threads import precision_of, use_threads
from kd.progress import Progress
from kd.scoring.system import System
from kd.training.consistency import ConsistencySet
from kd.training.fit import FitSettings, Report, fit
from kd.training.precision import device

DECAY = 0.999  # of the teacher's weights
LOOKS = 8  # times that it is looked at on the selection split, the last one at the end


@dataclass(frozen=True, eq=False)
class Taught:
    """The best teacher as a system by `fixed` and `tuned`, the clips that training took, its seconds, and macro event F1 on the
    selection split by steps done."""

    systems: Mapping[str, System]
    clip_steps: int
    seconds: float
    looks: Mapping[int, float | None]


def mean_teacher(settings: IterateSettings, *, architecture: str) -> Taught:
    """Train one for `settings.steps` steps; of eight looks on the way the best by tuned F1 on `select_on`; its scores on
    `report_on`, on `select_on` where that is empty.

    Features, network, pooling, batch, optimiser and rate are those of our jobs; weights are averaged by 0.999, consistency
    rises to 2. A training that was interrupted goes on. Source: the baseline of DCASE 2019 task 4, which chooses among its epochs
    so.
    """
    progress = Progress(passes=0, batch=BATCH["default"])
    corpus = open_corpus(settings, progress)
    use_threads(settings.threads)
    keep_freed_memory()
    inputs = open_inputs(settings, corpus, progress, architectures=(architecture,))
    view, threads = inputs.views[architecture], settings.threads or cores()
    how = FitSettings(
        steps=settings.steps,
        batch=settings.batch or BATCH["default"],
        learning_rate=rate_of(settings, architecture),
        seed=settings.seed,
        precision=precision_of(settings),
        average=DECAY,
    )
    training = consistency_set(inputs, view, steps=how.steps)
    statistics = (view.mean, view.deviation)
    clips = [part.digest for part in inputs.training.values()]
    data = set_digest(training, spec=view.spec, clips=clips, statistics=statistics)
    config = ModelConfig(
        architecture, inputs.classes, mels=view.spec.mels, width=width_of(settings, architecture), pooling="linear"
    )
    steps = Steps(home() / "jobs" / "mean-teacher")
    work = Training(steps, config, training, *statistics, data, how, threads)
    began = time.monotonic()
    progress.plan({architecture: how.steps}, {}, cores=threads)
    progress.begin("mean teacher", index=0, kind=architecture, steps=how.steps, cores=threads)
    folder = looked_at(work, lambda done, loss: progress.step("mean teacher", done, loss))
    progress.end("mean teacher")

    def said(done: int, part: Part) -> Logits:
        work = Prediction(steps, folder / str(done), view.spec, part.digest, how.precision)
        return work.run(lambda: part.features[view.spec])

    judge = judge_of(inputs)
    looks = {
        done: macro(judge.verdict(grid=view.grid, select=said(done, inputs.select), report=None).select, "tuned")
        for done in marks(how.steps)
    }
    best = max(looks, key=lambda done: looks[done] or 0.0)
    parts = {"select": inputs.select, **({} if inputs.report is None else {"report": inputs.report})}
    logits = {role: said(best, part) for role, part in parts.items()}
    verdict = judge.verdict(grid=view.grid, select=logits["select"], report=logits.get("report"))
    judged, role = Judged("mean teacher", verdict, logits), list(parts)[-1]
    systems = {
        kind: system_of(judged, role, kind, part=parts[role], grid=view.grid, classes=inputs.classes, root=corpus.root)
        for kind in ("fixed", "tuned")
    }
    return Taught(systems, how.steps * how.batch, time.monotonic() - began, looks)


def marks(steps: int) -> list[int]:
    """Steps after which the teacher is looked at."""
    return sorted({max(1, round(steps * look / LOOKS)) for look in range(1, LOOKS + 1)})


def looked_at(work: Training, report: Report) -> Path:
    """The finished training: a folder with the network after each mark, named by it."""

    def make(outputs: Path, scratch: Path) -> None:
        torch.manual_seed(work.how.seed)
        network = build(work.config)
        network.set_statistics(work.mean, work.deviation)

        def watch(done: int, teacher: nn.Module) -> None:
            if done in wanted:
                save_model(scratch / str(done), teacher, work.config, {"trained_on": work.data})

        wanted = marks(work.how.steps)
        checkpoint = scratch / "checkpoint.safetensors"
        fit(network.to(device()), work.training, work.how, checkpoint=checkpoint, report=report, watch=watch)
        for done in wanted:
            (scratch / str(done)).rename(outputs / str(done))

    return work.steps.run("mean-teacher", code=(*work.code, __name__), inputs=work.about, make=make)


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
