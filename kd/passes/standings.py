"""Who contends in a job, and who is champion between two passes."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from kd.config import say
from kd.detection.apply import finest
from kd.passes.champions import Contender
from kd.passes.context import Bench
from kd.passes.job import Job
from kd.passes.judging import Logits
from kd.passes.kept_scores import FOLDER, Damaged, load_scores
from kd.passes.merging import detector_of
from kd.passes.one_pass import guest
from kd.passes.optimism import Contest
from kd.passes.recording import log_logits
from kd.passes.work import PassWork


def contest_of(work: PassWork, job: Job, guests: tuple[int, ...]) -> tuple[Contest, list[Contender]]:
    """Those who have contended in the passes that are done, from their stored logits, and the guests."""
    bench = work.bench
    contest = Contest(bench.judge, work.plan.judged_by)
    contenders = []
    for number in guests:
        contender, fits = guest(work, number)
        contenders.append(contender)
        contest.enter(number, fits)
    for each in job.passes:
        for candidate in each["candidates"]:
            grid = bench.view(candidate["architecture"]).grid
            contest.enter(candidate["version"], bench.judge.fits(select_logits(bench, candidate), grid=grid))
    return contest, contenders


def select_logits(bench: Bench, candidate: Mapping[str, Any]) -> Logits:
    """What a candidate of a finished pass said of the selection split, as its run keeps it; said again if that is damaged."""
    run = candidate["run_id"]
    try:
        return load_scores(bench.runs.download(run, FOLDER), "select", run=run)[1]
    except Damaged as error:
        say(f"warning: {error.message}; they are made again")
        detector = detector_of(bench, bench.registry.version(candidate["version"]))
        verdict = bench.verdict(detector)
        log_logits(bench, run, partial(bench.logits, detector), grid=finest(detector), verdict=verdict)
        return bench.logits(detector, bench.inputs.select)


def current_champions(work: PassWork, job: Job) -> dict[str, Contender]:
    """Champions after the last finished pass, with what a person moved since; empty before pass 1 unless so moved."""
    registry, kind = work.bench.registry, work.plan.judged_by
    before = {label: won["version"] for label, won in job.passes[-1]["champions"].items()} if job.passes else {}
    by_hand = work.by_hand()
    for label, number in by_hand.items():
        say(f"note: the alias of {label}'s champion was moved by hand to version {number}; it is honoured")
    if by_hand:
        work.bench.runs.tag(job.parent, {"kd.moved_by_hand": json.dumps(by_hand)})
    found: dict[str, Contender] = {}
    for label, number in {**before, **by_hand}.items():
        version = registry.version(number)
        own = version.iterate_id == job.iterate_id and version.tags.get("kd.kind") in ("candidate", "tagger")
        f1: Mapping[str, float] = (
            {c: version.f1(c, kind) for c in work.bench.inputs.classes} if own else guest(work, number)[0].f1
        )
        found[label] = Contender(number, f1)
    return found
