"""Everything a job reads: the corpus, its features and its truth, as arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid
from kd.audio.spec import FeatureSpec, s1, s2
from kd.audio.store import ClipFeatures, FeatureStore, Source, statistics
from kd.config import home, say
from kd.corpus.corpus import Corpus, load_corpus
from kd.corpus.locate import locate
from kd.corpus.roles import Roles
from kd.corpus.splits import Split
from kd.corpus.tables import Event
from kd.detection.apply import sources_of
from kd.engines.local import cores
from kd.engines.pool import Pool
from kd.models.config import STRIDES
from kd.passes.options import CorpusSettings
from kd.progress import Progress
from kd.tracking.registry import check_classes

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Part:
    """One split with its features.

    sources: (clips,) each audio file and the sha256 of its content; features: under each of the job's descriptions.
    """

    split: Split
    sources: tuple[Source, ...]
    features: Mapping[FeatureSpec, ClipFeatures]

    @property
    def names(self) -> list[str]:
        """File names, in order."""
        return [clip.name for clip in self.split.clips]

    @cached_property
    def digest(self) -> str:
        """sha256 over the clips' contents, in order."""
        return sha256("\n".join(source.content for source in self.sources).encode()).hexdigest()

    @cached_property
    def truth(self) -> dict[str, tuple[Event, ...]]:
        """Reference events of every clip of a strongly labelled split."""
        return {name: self.split.events.get(name, ()) for name in self.names}

    def tags(self, classes: Sequence[str]) -> npt.NDArray[np.float16]:
        """Known tags, (clips, classes), 0 or 1."""
        return np.array(
            [[label in self.split.tags.get(name, ()) for label in classes] for name in self.names], dtype=np.float16
        ).reshape(len(self.names), len(classes))


@dataclass(frozen=True, eq=False)
class View:
    """What one kind of network sees of a corpus: the features it reads, and the frames it gives scores to.

    mean, deviation: (mels,), what the network normalises features by.
    """

    spec: FeatureSpec
    grid: FrameGrid
    mean: Floats
    deviation: Floats


@dataclass(frozen=True)
class Inputs:
    """A corpus ready to be trained on.

    training: the training splits by role, in the order weak, in_domain, out_of_domain, strong; select, report: the
    scored splits; views: by architecture, one for all that see the same; folder: of the feature stores; seconds: of a
    clip.
    """

    corpus: Corpus
    training: dict[str, Part]
    select: Part
    report: Part | None
    views: Mapping[str, View]
    folder: Path
    seconds: float

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, sorted."""
        return self.corpus.classes

    @property
    def clips(self) -> int:
        """Training clips."""
        return sum(len(part.names) for part in self.training.values())

    def features(self, part: Part, spec: FeatureSpec) -> ClipFeatures:
        """A split's features under any description."""
        if spec in part.features:
            return part.features[spec]
        return FeatureStore(self.folder, spec).get(part.sources, workers=cores())


class CorpusChoice(Protocol):
    """Settings that name a corpus and the part each of its splits plays."""

    @property
    def data(self) -> str:
        """The folder, or `demo`."""

    def roles(self) -> Roles:
        """The split of each role."""

    def class_list(self) -> tuple[str, ...]:
        """Only these classes; empty: all."""

    def if_missing(self) -> Literal["error", "skip"]:
        """What a listed clip without audio is."""


def open_corpus(settings: CorpusChoice, progress: Progress) -> Corpus:
    """The corpus named by the settings, checked."""
    roles, classes = settings.roles(), settings.class_list()
    root = locate(settings.data, home=home(), progress=partial(progress.count, "making the demo corpus"))
    corpus = load_corpus(
        root,
        roles=roles,
        classes=classes,
        missing=settings.if_missing(),
        cache=home() / "audio.json",
    )
    check_classes(corpus.classes)
    for note in corpus.notes:
        say(f"note: {note}")
    return corpus


def open_inputs(
    settings: CorpusSettings,
    corpus: Corpus,
    progress: Progress,
    *,
    architectures: Sequence[str] = ("deep",),
    pool: Pool | None = None,
) -> Inputs:
    """The corpus with the features that these architectures read, extracted where they are not stored yet; pool: by whom."""
    files = [clip.facts for split in corpus.training() for clip in split.clips if clip.facts is not None]
    rate = settings.rate or common_rate([fact.rate for fact in files])
    specs = {name: spec_of(name, rate=rate, seconds=settings.clip_seconds) for name in architectures}
    return inputs_under(specs, corpus, progress, seconds=settings.clip_seconds, pool=pool)


def inputs_under(
    specs: Mapping[str, FeatureSpec], corpus: Corpus, progress: Progress, *, seconds: float, pool: Pool | None = None
) -> Inputs:
    """The corpus with these features, by the architecture that reads them; seconds: of a clip."""
    roles = {
        "weak": corpus.weak,
        "in_domain": corpus.in_domain,
        "out_of_domain": corpus.out_of_domain,
        "strong": corpus.strong,
        "select": corpus.select,
        "report": corpus.report,
    }
    splits = {role: split for role, split in roles.items() if split is not None}
    facts = {role: [clip.facts for clip in split.clips if clip.facts is not None] for role, split in splits.items()}
    sources = {role: sources_of(split) for role, split in splits.items()}
    features: dict[str, dict[FeatureSpec, ClipFeatures]] = {role: {} for role in splits}
    for spec in dict.fromkeys(specs.values()):
        _tell(spec, [(fact.rate, fact.seconds) for each in facts.values() for fact in each])
        for role, found in _extracted(sources, spec, progress, pool).items():
            features[role][spec] = found
    parts = {role: Part(split, sources[role], features[role]) for role, split in splits.items()}
    training = {role: part for role, part in parts.items() if role not in ("select", "report")}
    views: dict[tuple[FeatureSpec, FrameGrid], View] = {}
    for name, spec in specs.items():
        grid = spec.grid.every(STRIDES[name])
        if (spec, grid) not in views:
            views[spec, grid] = View(
                spec, grid, *_statistics(spec, [part.features[spec] for part in training.values()])
            )
    return Inputs(
        corpus,
        training,
        parts["select"],
        parts.get("report"),
        {name: views[spec, spec.grid.every(STRIDES[name])] for name, spec in specs.items()},
        home() / "features",
        seconds,
    )


def spec_of(architecture: str, *, rate: int, seconds: float) -> FeatureSpec:
    """The features that an architecture reads: those of its paper; rate: of those that do not say it."""
    return s2(seconds=seconds) if architecture == "resnet" else s1(rate=rate, seconds=seconds)


def _extracted(
    sources: Mapping[str, Sequence[Source]], spec: FeatureSpec, progress: Progress, pool: Pool | None
) -> dict[str, ClipFeatures]:
    """Features of every split by role, all in one array."""
    store = FeatureStore(home() / "features", spec)
    every = [source for each in sources.values() for source in each]
    together = store.get(every, workers=cores(), progress=partial(progress.count, "features"), pool=pool)
    found: dict[str, ClipFeatures] = {}
    start = 0
    for role, each in sources.items():
        where = slice(start, start + len(each))
        found[role] = ClipFeatures(together.array, together.rows[where], together.seconds[where])
        start += len(each)
    return found


def _statistics(spec: FeatureSpec, features: Sequence[ClipFeatures]) -> tuple[Floats, Floats]:
    """Mean and deviation that a network normalises by: 0 and 1 where each clip is scaled by itself."""
    if spec.scaling == "min-max":
        return np.zeros(spec.mels, np.float32), np.ones(spec.mels, np.float32)
    return statistics(features)


def common_rate(rates: Sequence[int]) -> int:
    """32000 where at least half the clips have it, else 16000 samples per second."""
    return 32_000 if rates and sorted(rates)[len(rates) // 2] >= 32_000 else 16_000


def _tell(spec: FeatureSpec, files: Sequence[tuple[int, float]]) -> None:
    low = sum(rate < spec.rate for rate, _ in files)
    long = sum(seconds > spec.seconds + 0.5 / spec.rate for _, seconds in files)
    short = sum(seconds < spec.seconds - 0.5 / spec.rate for _, seconds in files)
    say(f"features: {spec.mels} log-mel bands at {spec.rate} Hz, {spec.frames} frames of {1000 * spec.grid.hop:.1f} ms")
    if low:
        say(f"warning: {low} of {len(files)} files have a lower sample rate than the features' {spec.rate} Hz")
    if long or short:
        say(f"note: {long} files are cropped and {short} zero-padded to {spec.seconds:g} s (clip_seconds)")
