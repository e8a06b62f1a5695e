"""Everything a scene job reads: the corpus, its sound as networks read it, its labels."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from kd.audio.scene_spec import MEL, SceneSpec
from kd.audio.store import ClipFeatures, FeatureStore, Source, statistics
from kd.config import home, say
from kd.engines.local import cores
from kd.progress import Progress
from kd.scenes.clips import ScenePart
from kd.scenes.corpus import SceneCorpus, load_scenes
from kd.scenes.layout import locate_scenes
from kd.scenes.settings import SceneSettings
from kd.scoring.accuracy import Truth
from kd.training.scene_sets import SceneClips, labels_of

Floats = npt.NDArray[np.float32]
TRAIN, SELECT, REPORT = "train", "select", "report"


@dataclass(frozen=True)
class SceneInputs:
    """A scene corpus ready to be trained on.

    parts: by name, train, select and, where there is one, report; specs: by kind of sound; features: by kind and part;
    statistics: by kind, mean and deviation that networks normalise by, empty for waveforms.
    """

    corpus: SceneCorpus
    parts: Mapping[str, ScenePart]
    specs: Mapping[str, SceneSpec]
    features: Mapping[str, Mapping[str, ClipFeatures]]
    statistics: Mapping[str, tuple[Floats, Floats]]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, sorted."""
        return self.corpus.classes

    @property
    def scored(self) -> tuple[str, ...]:
        """The parts that are scored."""
        return tuple(part for part in (SELECT, REPORT) if part in self.parts)

    def labels(self, part: str) -> npt.NDArray[np.int64]:
        """Index of each clip's class."""
        return labels_of([clip.label for clip in self.parts[part].clips], self.classes)

    def clips(self, kind: str, part: str, *, crop: int = 0) -> SceneClips:
        """Clips of a part with their labels, as a kind of sound."""
        return SceneClips(self.features[kind][part], self.labels(part), len(self.classes), crop)

    def truth(self, part: str) -> Truth:
        """What is scored against."""
        clips = self.parts[part].clips
        names, places = tuple(clip.name for clip in clips), tuple(clip.place for clip in clips)
        return Truth(names, self.labels(part), self.classes, places)

    def digest(self, part: str) -> str:
        """sha256 over the clips' contents and labels, in order."""
        lines = [f"{clip.facts.sha256}\t{clip.label}" for clip in self.parts[part].clips]
        return sha256("\n".join(lines).encode()).hexdigest()


def open_scenes(settings: SceneSettings, progress: Progress) -> SceneCorpus:
    """The corpus named by the settings, checked."""
    classes = settings.class_list()
    root = locate_scenes(settings.data, home=home(), progress=partial(progress.count, "making the demo corpus"))
    corpus = load_scenes(
        root,
        train=settings.train,
        select_on=settings.select_on,
        report_on=settings.report_on,
        hold_out=settings.hold_out,
        seed=settings.seed,
        classes=classes,
        missing=settings.if_missing(),
        cache=home() / "audio.json",
    )
    for note in corpus.notes:
        say(f"note: {note}")
    return corpus


def scene_inputs(
    settings: SceneSettings, corpus: SceneCorpus, progress: Progress, *, kinds: Sequence[str]
) -> SceneInputs:
    """The corpus with these kinds of sound, extracted where they are not stored yet."""
    parts = {TRAIN: corpus.train, SELECT: corpus.select}
    if corpus.report is not None:
        parts[REPORT] = corpus.report
    facts = [clip.facts for part in parts.values() for clip in part.clips]
    rate = settings.rate or _most([fact.rate for fact in facts])
    channels = settings.channels or min(2, _most([fact.channels for fact in facts]))
    seconds = settings.clip_seconds or _most([round(fact.seconds, 2) for fact in facts])
    specs = {kind: SceneSpec(kind, int(rate), int(channels), float(seconds)) for kind in dict.fromkeys(kinds)}
    say(f"sound: {', '.join(specs)}; {seconds:g} s at {rate} Hz, {'stereo' if channels == 2 else 'mono'}")
    _tell(next(iter(specs.values())), [(fact.rate, fact.channels, fact.seconds) for fact in facts])
    features = {kind: _extracted(parts, spec, progress) for kind, spec in specs.items()}
    none = (np.zeros(0, np.float32), np.zeros(0, np.float32))
    found = {kind: statistics([features[kind][TRAIN]]) if kind == MEL else none for kind in specs}
    return SceneInputs(corpus, parts, specs, features, found)


def _extracted(parts: Mapping[str, ScenePart], spec: SceneSpec, progress: Progress) -> dict[str, ClipFeatures]:
    sources = {name: [Source(clip.path, clip.facts.sha256) for clip in part.clips] for name, part in parts.items()}
    store = FeatureStore(home() / "features", spec)
    every = [source for each in sources.values() for source in each]
    store.get(every, workers=cores(), progress=partial(progress.count, f"{spec.kind} sound"))
    return {name: store.get(each) for name, each in sources.items()}


def _most(values: Sequence[float]) -> float:
    """The most common value; the largest of equals."""
    counts = Counter(values)
    return max(counts, key=lambda value: (counts[value], value))


def _tell(spec: SceneSpec, files: Sequence[tuple[int, int, float]]) -> None:
    half = 0.5 / spec.rate
    low = sum(rate < spec.rate for rate, _, _ in files)
    mono = sum(channels < spec.channels for _, channels, _ in files)
    long = sum(seconds > spec.seconds + half for _, _, seconds in files)
    short = sum(seconds < spec.seconds - half for _, _, seconds in files)
    if low:
        say(f"warning: {low} of {len(files)} files have a lower sample rate than {spec.rate} Hz")
    if mono:
        say(f"note: {mono} of {len(files)} files have fewer channels than {spec.channels}: theirs are repeated")
    if long or short:
        say(f"note: {long} files are cropped and {short} zero-padded to {spec.seconds:g} s (clip_seconds)")
