"""The work of a job: teachers judged and weighed, students trained, measured and compared, the knee proposed."""

from collections.abc import Sequence
from dataclasses import asdict, replace

from kd.compress.closing import PROPOSED, keep, log_student
from kd.compress.device import in_int8_verdict, on_device
from kd.compress.lessons import taught_sets
from kd.compress.made import Made
from kd.compress.plan import NONE, Student, config_of, reference_size
from kd.compress.results import result_of
from kd.compress.settings import CompressSettings
from kd.compress.teachers import Faculty, load_teachers
from kd.config import say, to_dict
from kd.engines.pool import Pool
from kd.models.config import ModelConfig
from kd.passes.context import Bench
from kd.passes.inputs import View
from kd.passes.job import Job
from kd.passes.judging import macro
from kd.passes.origin import Origin
from kd.passes.plan import seed_of
from kd.passes.results import percent
from kd.passes.side_by_side import Wanted, side_by_side
from kd.passes.speed import on_noise, seconds_per_step
from kd.passes.threads import threads_for
from kd.progress import clock
from kd.tracking.aliases import AliasMoves
from kd.tracking.registry import Version
from kd.training.fit import FitSettings

STUDENT = "student"  # kind of the students' runs


def run_all(
    bench: Bench,
    settings: CompressSettings,
    job: Job,
    how: FitSettings,
    wanted: list[Student],
    versions: Sequence[Version],
    workers: Pool,
) -> None:
    """Judge and weigh the teachers; train, record and measure the students; keep the result; move the alias."""
    view = bench.view(wanted[0].architecture)
    faculty = Faculty(bench, tuple(load_teachers(bench, versions)), view.grid, settings.temperature)
    sizes = [each.parameters for each in faculty.teachers]
    reference = reference_size(bench.inputs.classes, sizes, mels=view.spec.mels)
    configs = {
        each: config_of(
            each, bench.inputs.classes, mels=view.spec.mels, direction=settings.direction, reference=reference
        )
        for each in wanted
    }
    tell(bench, settings, job, how, configs, faculty, workers)
    lessons = taught_sets(bench, faculty, view, settings, wanted)
    threads = threads_for(settings, len(wanted))
    asked = [
        Wanted(
            each.name,
            each.name,
            bench.trial(config, lessons[each.weighting], seeded(how, settings.seed, each), threads=threads),
            origin_of(faculty, each, settings),
            {**asdict(each), "architecture": each.architecture, "width": config.width},
        )
        for each, config in configs.items()
    ]
    trained = list(side_by_side(bench, workers, asked, kind=STUDENT, index=0, parent=job.parent))
    made: list[Made] = []
    for each, (recorded, step) in zip(wanted, trained, strict=True):  # measured once nothing else is at work
        network = step / "network"
        device = on_device(bench, network, recorded.verdict, view)
        in_int8 = in_int8_verdict(bench, device, recorded.verdict, view)
        made.append(Made(each, configs[each], recorded, network, device, in_int8))
        log_student(bench.runs, recorded.run_id, device, in_int8)
        say(told(made[-1]))
    job.clip_steps = len(made) * how.steps * how.batch
    job.save()
    found = result_of(bench, settings, faculty, made, reference=reference, how=how)
    job.save()
    job.result = {**found, "seconds": job.seconds, "clip_steps": job.clip_steps}
    keep(bench.runs, job.parent, job.result)
    proposed = next(each for each in job.result["students"] if each["name"] == job.result["proposed"])
    about = {"corpus": bench.inputs.corpus.digest}
    AliasMoves(bench.registry).move({PROPOSED: proposed["version"]}, why="compress", run=job.parent, about=about)
    job.save()


def seeded(how: FitSettings, seed: int, student: Student) -> FitSettings:
    """The training of a student; all weightings begin with the same weights."""
    return replace(how, seed=seed_of(seed, student.architecture, f"{student.ratio:g}"))


def origin_of(faculty: Faculty, student: Student, settings: CompressSettings) -> Origin:
    """What a student learnt from: known labels, or for each class the teachers with their weights."""
    if student.weighting == NONE:
        return Origin({"kind": "tags+strong" if "strong" in faculty.bench.inputs.training else "tags"})
    classes, weights = faculty.bench.inputs.classes, faculty.weightings[student.weighting]
    shares = {
        label: {each.name: round(float(w), 4) for each, w in zip(faculty.teachers, weights[:, c], strict=True) if w > 0}
        for c, label in enumerate(classes)
    }
    labels = {"kind": "teachers", "temperature": settings.temperature, "weight": settings.weight, "weights": shares}
    heaviest = {label: faculty.teachers[int(weights[:, c].argmax())] for c, label in enumerate(classes)}
    models = {each.source.name for each in faculty.teachers}
    return Origin(
        labels, {label: each.own for label, each in heaviest.items()}, models.pop() if len(models) == 1 else ""
    )


def tell(
    bench: Bench,
    settings: CompressSettings,
    job: Job,
    how: FitSettings,
    configs: dict[Student, ModelConfig],
    faculty: Faculty,
    workers: Pool,
) -> None:
    """Log the resolved settings; print who teaches, what will be trained and how long it will take."""
    view: View = bench.view(next(iter(configs)).architecture)
    training = {"steps": how.steps, "batch": how.batch, "precision": bench.precision, "rate": view.spec.rate}
    resolved = {**to_dict(settings), **training, "corpus": bench.inputs.corpus.digest, "iterate_id": job.iterate_id}
    resolved["teachers_found"] = ", ".join(f"{each.source.name} {each.name}" for each in faculty.teachers)
    bench.runs.params(job.parent, resolved)
    bench.runs.json(job.parent, resolved, "config.json")
    threads = threads_for(settings, len(configs))
    timings = [on_noise(config, how, frames=view.spec.frames, threads=threads) for config in configs.values()]
    costs = list(workers.each(seconds_per_step, timings, threads=threads))
    bench.progress.plan(
        {each.name: how.steps for each in configs},
        {each.name: threads * cost for each, cost in zip(configs, costs, strict=True)},
        cores=threads * workers.count,
    )
    clips = ", ".join(f"{role} {len(part.names)}" for role, part in bench.inputs.training.items())
    say(f"training clips: {clips}; {len(bench.inputs.classes)} classes")
    say(f"{len(faculty.teachers)} teachers, {sum(each.parameters for each in faculty.teachers)} parameters together")
    say(
        f"each of {len(configs)} students: {how.steps} steps of {how.batch} clips, {how.precision}, "
        f"{workers.count} at a time on {threads} threads each"
    )
    say(f"expected training time: {clock(bench.progress.expected())} (m:ss or h:mm:ss)")


def told(made: Made) -> str:
    """One line about a student."""
    verdict, costs = made.recorded.verdict, made.device.costs["float32"]
    line = f"{made.student.name}: select F1 {percent(macro(verdict.select))}"
    reported = macro(verdict.report)
    line += "" if reported is None else f", report {percent(reported)}"
    return f"{line}; in int8 {percent(macro(made.in_int8.select))}; a clip in {costs['milliseconds']:.1f} ms"
