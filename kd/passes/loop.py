"""The job: tagger, passes, result; and going on where an earlier process stopped."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from kd.code import code_digest
from kd.config import say, to_dict
from kd.corpus.corpus import Corpus
from kd.engines.pool import Pool, pool
from kd.passes.closing import conclude, keep, log_pass, show, summary
from kd.passes.context import Bench, model_config
from kd.passes.inputs import open_corpus, open_inputs
from kd.passes.job import ASIDE, Job, keyed_path, model_locked, open_job, state_folder
from kd.passes.judging import judge_of, macro
from kd.passes.label_studies import LabelStudies
from kd.passes.one_pass import contender_of, run_pass, run_tagger
from kd.passes.opening import begin, known_version, tell, warm_versions
from kd.passes.plan import BATCH, Plan, fit_settings, plan, rate_of, seed_of
from kd.passes.recovery import ended, owner_tags, pass_run, sweep
from kd.passes.results import results
from kd.passes.settings import IterateSettings
from kd.passes.standings import contest_of, current_champions
from kd.passes.steps import Steps
from kd.passes.students import Student
from kd.passes.threads import precision_of, ranks_for, threads_for, use_threads, workers_for
from kd.passes.work import PassWork
from kd.progress import Progress
from kd.tracking.aliases import AliasMoves
from kd.tracking.registry import Registry, check_name
from kd.tracking.runs import Runs
from kd.tracking.store import check_shared, open_store
from kd.training.fit import FitSettings
from kd.tuning.samplers import check_sampler

CODE = "kd.passes.one_pass"  # the module whose code, and all that it imports, makes a job's results


def iterate(settings: IterateSettings, *, finish: Callable[[Runs, str], None] | None = None) -> int:
    """Run, resume or show a job; returns the exit code. finish: called at the end with the run that has the result."""
    check_name(settings.model)
    check_shared(engine=settings.engine, address=settings.address)
    todo = plan(settings)
    if todo.tuning:
        check_sampler(todo.tuning.sampler)
    guests = warm_versions(settings)
    progress = Progress(passes=settings.passes, batch=settings.batch or BATCH[settings.recipe])
    corpus = open_corpus(settings, progress)
    use_threads(settings.threads)
    clips = sum(len(split.clips) for split in corpus.training())
    how = fit_settings(settings, todo.tagger, clips=clips)
    client = open_store()
    with model_locked(settings.model):
        runs, registry = Runs(client), Registry(client, settings.model)
        registry.ensure()
        for number in guests:
            known_version(registry, number)
        job = resumed(runs, job_path(settings, corpus, todo), fresh=settings.fresh)
        sweep(runs, settings.model)
        with ended(runs):
            if job.result is not None:
                again(runs, job, corpus.classes)
            else:
                begin(runs, job, settings, corpus)
                with pool(settings, count=workers_for(settings, todo.widest)) as workers:
                    inputs = open_inputs(settings, corpus, progress, architectures=todo.networks, pool=workers)
                    bench = Bench(
                        inputs=inputs,
                        judge=judge_of(inputs, crossfit=settings.selection == "crossfit"),
                        steps=Steps(state_folder(settings.model) / "steps", salt=job.salt),
                        runs=runs,
                        registry=registry,
                        progress=progress,
                        precision=precision_of(settings),
                        code=code_digest(CODE),
                        iterate_id=job.iterate_id,
                        owner=owner_tags(settings.model),
                        pool=workers,
                    )
                    studies = studies_of(bench, settings, todo, how, workers)
                    work = PassWork(bench, settings, todo, how, AliasMoves(registry), workers, studies)
                    tell(work, job)
                    run_all(work, job, guests)
                conclude(runs, job, bench.judge)
            show(job, model=settings.model, kind=todo.judged_by)
            shown = runs.adopted or job.parent
        if finish:
            finish(runs, shown)
    return 0


def studies_of(
    bench: Bench, settings: IterateSettings, todo: Plan, how: FitSettings, workers: Pool
) -> LabelStudies | None:
    """The studies of a job, their database made where there is none; None where nothing is tuned."""
    if todo.tuning is None:
        return None
    from kd.tuning.store import open_studies

    config = model_config(settings, todo.student, bench.inputs)
    short = replace(
        how,
        steps=min(todo.tuning.student_steps, how.steps),
        learning_rate=rate_of(settings, todo.student),
        seed=seed_of(settings.seed, "student"),
    )
    threads = threads_for(settings, todo.tuning.at_once)
    student = Student(bench, config, short, todo.judged_by, workers, threads)
    return LabelStudies(bench, open_studies(), todo.tuning, todo.smoothings, student, settings.seed)


def job_path(settings: IterateSettings, corpus: Corpus, todo: Plan) -> Path:
    """Where the state of a job with these parameters, this corpus, this code and this arithmetic is kept."""
    chosen = {key: value for key, value in to_dict(settings).items() if key not in ASIDE}
    about: dict[str, Any] = {
        "settings": chosen,
        "corpus": corpus.digest,
        "code": code_digest(CODE),
        "threads": [threads_for(settings, len(todo.candidates(i)) if i else 1) for i in range(todo.passes + 1)][:3],
    }
    if ranks_for(settings) > 1:
        about["ranks"] = ranks_for(settings)
    return keyed_path(settings.model, about)


def resumed(runs: Runs, path: Path, *, fresh: bool) -> Job:
    """The job kept at `path` if its run is still in the store, else a new one."""
    job = open_job(path, fresh=fresh)
    if job.parent:
        tags = runs.tags_of(job.parent)
        if tags is None or tags.get("kd.iterate_id") != job.iterate_id:
            say("note: the store no longer has this job's run; a new job begins, finished steps are reused")
            path.unlink()
            return open_job(path, fresh=False)
    return job


def again(runs: Runs, job: Job, classes: tuple[str, ...]) -> None:
    """Say that a job is finished; on a run that `mlflow run` made for it, log the result once more."""
    say("this job is finished; fresh=true starts a new one")
    if runs.adopted and job.result is not None:
        run = runs.top("iterate", {"kd.result_of": job.parent})
        for record in job.passes:
            log_pass(runs, classes, run, record)
        keep(runs, run, job.result)


def run_all(work: PassWork, job: Job, guests: tuple[int, ...]) -> None:
    """The tagger and the passes that are not done yet."""
    bench = work.bench
    contest, contenders = contest_of(work, job, guests)
    tagger, about, tags = run_tagger(work, parent=job.parent)
    job.tagger = about
    job.save()
    if work.settings.recipe != "paper":
        contest.enter(tagger.version, tagger.verdict.fits)
        contenders.append(contender_of(work, tagger))
    for index in range(len(job.passes) + 1, work.plan.passes + 1):
        if idle(job, work.settings.patience):
            say(f"no class gained beyond its interval in {work.settings.patience} passes: the job ends (patience)")
            break
        incumbents = current_champions(work, job)
        run = pass_run(bench.runs, job, index, model=work.settings.model)
        record = run_pass(
            work,
            index,
            run=run,
            tagger=tags,
            tagged_by=about["version"],
            teachers={label: champion.version for label, champion in incumbents.items()},
            incumbents=incumbents,
            newcomers=contenders if index == 1 else [],
            contest=contest,
            earlier=job.passes,
        )
        bench.runs.json(run, record["champions"], "champions.json")
        bench.runs.end(run)
        job.passes.append(record)
        job.clip_steps = clip_steps(work, job)
        job.save()
        log_pass(bench.runs, bench.inputs.classes, job.parent, record)
        keep(bench.runs, job.parent, results(bench.inputs.classes, job, selection=bench.judge.about()))
        bench.progress.f1 = macro(record["merged"]["select"])
        say(summary(record))


def idle(job: Job, patience: int) -> bool:
    """Whether no class has gained beyond its interval in the last `patience` passes; never with 0."""
    last = job.passes[-patience:] if patience else []
    return 0 < patience < len(job.passes) and not any(each["gained"] for each in last)


def clip_steps(work: PassWork, job: Job) -> int:
    """Clips that the training steps of the passes so far took, those of studies' students among them."""
    trained = 1 + sum(len(each["candidates"]) for each in job.passes)
    taken = trained * work.how.steps
    if work.studies is not None:
        done = sum(each["index"] in work.studies.plan.students for each in job.passes)
        taken += done * work.studies.plan.student_trials * work.studies.student.how.steps
    return taken * work.how.batch
