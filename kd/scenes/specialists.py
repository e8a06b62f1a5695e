"""`scenes_specialists`: S3 (Jung 2019), a generalist, specialists of the pairs it confuses, and a student of them all."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from kd.audio.scene_spec import WAVEFORM
from kd.config import say
from kd.models.scene_config import SceneConfig
from kd.passes.job import Job
from kd.scenes.bench import SceneBench, Wanted
from kd.scenes.conclusion import concluded, told
from kd.scenes.fitting import S3, fit_settings
from kd.scenes.inputs import SELECT, TRAIN
from kd.scenes.job import Finish, Kind, known_networks, scene_job
from kd.scenes.judging import OWN, System, difference, judged
from kd.scenes.multi_step import in_steps
from kd.scenes.recording import record
from kd.scenes.settings import SpecialistsSettings
from kd.scenes.studies import HEARING, chosen, shortened
from kd.scoring.accuracy import between, confusion, most_confused
from kd.training.data import Learnable
from kd.training.fit import FitSettings
from kd.training.scene_sets import Distillation, DistillSet, HardSet, SceneClips

Pair = tuple[int, int]
GENERALIST, GONE_ON, STUDENT = "generalist", "generalist gone on", "student"
TITLES = ("ensemble of generalists", "ensemble of students")


@dataclass(frozen=True)
class Specialists:
    """The trainings of a job. Source: S3 section 4."""

    bench: SceneBench
    settings: SpecialistsSettings

    def config(self, architecture: str) -> SceneConfig:
        """A network."""
        return self.bench.config(architecture, width=self.settings.width)

    def clips(self, config: SceneConfig) -> SceneClips:
        """What a network is trained on: of waveforms a random part of each clip at each step."""
        spec = self.bench.spec(config)
        seconds = self.settings.crop_seconds or spec.seconds / 2
        return self.bench.clips(config, crop=round(seconds * spec.rate) if config.sound == WAVEFORM else 0)

    def how(self, architecture: str, name: str) -> FitSettings:
        """How a network of this name is trained."""
        clips = len(self.bench.inputs.parts[TRAIN].clips)
        how = fit_settings(self.settings, architecture, S3, clips=clips, precision=self.bench.precision)
        return replace(how, mixup=self.settings.mixup, seed=self.bench.seed_of(name))

    def wanted(
        self,
        architecture: str,
        name: str,
        learnt: Learnable[Any],
        start: System | None,
        *,
        teachers: Sequence[System] = (),
        **about: Any,
    ) -> Wanted:
        """A network to be trained; start: the system it goes on from."""
        called = f"{architecture} {name}"
        from_ = None if start is None else start.members[0].network
        names = tuple(dict.fromkeys(each.name for each in (*teachers, *([start] if start else []))))
        how = self.how(architecture, called)
        return Wanted(called, self.config(architecture), learnt, how, from_, about, names)

    def generalists(self, architectures: Sequence[str]) -> list[System]:
        """Networks on hard labels. Source: S3 equation (1)."""
        wanted = [
            self.wanted(name, GENERALIST, HardSet(self.clips(self.config(name))), None, labels="hard")
            for name in architectures
        ]
        return [judged(self.bench, each, back=OWN) for each in in_steps(self.bench, wanted)]

    def further(
        self, generalists: Mapping[str, System], pairs: Mapping[str, Sequence[Pair]]
    ) -> tuple[dict[str, System], dict[str, list[System]]]:
        """Generalists gone on with as long as a student is trained, what students are compared with at equal cost; and the
        specialists, half of whose batches is of their pair."""
        wanted, of = [], []
        classes = self.bench.inputs.classes
        for name, generalist in generalists.items():
            clips = self.clips(self.config(name))
            wanted.append(self.wanted(name, GONE_ON, HardSet(clips), generalist, labels="hard"))
            of.append((name, False))
            for number, pair in enumerate(pairs[name], start=1):
                both = f"{classes[pair[0]]}, {classes[pair[1]]}"
                called = f"specialist {number}"
                wanted.append(self.wanted(name, called, HardSet(clips, pair), generalist, labels="hard", pair=both))
                of.append((name, True))
        found = [judged(self.bench, each, back=OWN) for each in self.bench.trained(wanted)]
        gone_on = {name: system for (name, special), system in zip(of, found, strict=True) if not special}
        special = {
            name: [system for (of_name, is_one), system in zip(of, found, strict=True) if is_one and of_name == name]
            for name in generalists
        }
        return gone_on, special

    def students(
        self, how: Distillation, teachers: Mapping[str, Sequence[System]], *, share: float = 1.0, name: str = STUDENT
    ) -> list[System]:
        """Networks that go on from their generalist, the first of their teachers. Source: S3 equation (3)."""
        wanted = []
        for architecture, systems in teachers.items():
            folders = tuple(system.members[0].network for system in systems)
            learnt = DistillSet(self.clips(self.config(architecture)), folders, how, self.bench.precision)
            soft = {f"soft.{key}": value for key, value in asdict(how).items()}
            each = self.wanted(architecture, name, learnt, systems[0], teachers=systems, **soft)
            gone_on = self.how(architecture, f"{architecture} {GONE_ON}")  # the same batches
            wanted.append(replace(each, how=shortened(gone_on, share)))
        return [judged(self.bench, each, back=OWN) for each in self.bench.trained(wanted)]


def pairs_of(system: System, *, pairs: int) -> list[Pair]:
    """The most confused pairs of a generalist on the part that is chosen on."""
    return most_confused(confusion(system.bench.inputs.truth(SELECT), system.found(SELECT)), pairs=pairs)


def work(bench: SceneBench, settings: SpecialistsSettings, job: Job) -> dict[str, Any]:
    """Train, record, compare; `results.json`."""
    architectures, classes = known_networks(settings.networks), bench.inputs.classes
    course = Specialists(bench, settings)
    generalists = dict(zip(architectures, course.generalists(architectures), strict=True))
    pairs = {name: pairs_of(each, pairs=settings.pairs) for name, each in generalists.items()}
    for name, each in generalists.items():
        say(told(each))
        say(f"{name}: most confused: {', '.join(f'{classes[i]} and {classes[j]}' for i, j in pairs[name])}")
    gone_on, special = course.further(generalists, pairs)
    for each in (*gone_on.values(), *(one for some in special.values() for one in some)):
        say(told(each))
    teachers = {name: [generalists[name], *special[name]] for name in architectures}
    given = Distillation(
        temperature=settings.temperature,
        student_temperature=settings.student_temperature,
        soften=settings.soften,
        combine=settings.combine,
        squared=settings.squared,
        weight=settings.weight,
    )
    last = {architectures[-1]: teachers[architectures[-1]]}
    best = chosen(
        bench,
        settings,
        given,
        lambda on, how, name, share: Specialists(on, settings).students(how, last, share=share, name=name)[0],
    )
    students = dict(zip(architectures, course.students(best.how, teachers), strict=True))
    for each in students.values():
        say(told(each))
    every = [*generalists.values(), *gone_on.values(), *(one for some in special.values() for one in some)]
    recorded = [record(bench, each) for each in (*every, *students.values())]
    pairs_before = {name: (generalists[name], students[name]) for name in architectures}
    found = concluded(bench, job, recorded, pairs_before, TITLES)
    equal = {f"{name} at equal steps": difference(gone_on[name], students[name]) for name in architectures}
    found["differences"] |= equal
    table = {
        name: [each.name for each in (generalists[name], gone_on[name], *special[name], students[name])]
        for name in architectures
    }
    return found | {
        "tables": {"table 6": table},
        "study": best.study,
        "pairs": {name: [[classes[i], classes[j]] for i, j in some] for name, some in pairs.items()},
        "between": {name: mended(generalists[name], students[name], pairs[name]) for name in architectures},
    }


def mended(before: System, after: System, pairs: Sequence[Pair]) -> dict[str, list[list[int]]]:
    """By part, of each pair the clips that are taken for the other class, before and after."""
    inputs = before.bench.inputs
    return {
        part: [
            [between(confusion(inputs.truth(part), system.found(part)), pair) for system in (before, after)]
            for pair in pairs
        ]
        for part in inputs.scored
    }


def trainings(settings: SpecialistsSettings, networks: Sequence[str]) -> dict[str, list[tuple[float, float]]]:
    """Of each network, the trainings as shares of its steps, and what a step costs to one on hard labels."""
    student = (1.0, 1 + (1 + settings.pairs) * HEARING)
    found = {name: [(1.0, 1.0)] * (2 + settings.pairs) + [student] for name in networks}
    if settings.tuning == "on":
        found[networks[-1]] += [(settings.trial_share, student[1])] * settings.trials
    return found


KIND = Kind(
    "scenes_specialists",
    "kd.scenes.specialists",
    2,
    work,
    trainings,
    lambda bench, settings, name: Specialists(bench, settings).how(name, name),
)


def specialists(settings: SpecialistsSettings, *, finish: Finish | None = None) -> int:
    """Run, resume or show a job; returns the exit code."""
    return scene_job(KIND, settings, networks=settings.networks, finish=finish)
