"""`evaluate`: a table of events, a folder of scores, or a registered model on a corpus."""

import json
from pathlib import Path
from typing import cast

from kd.config import say, user_path
from kd.errors import UserError
from kd.files import atomic_write_text, real
from kd.passes.score_tables import assessment
from kd.passes.scoring_settings import EvaluateSettings, ScoringOptions
from kd.scoring.assess import assess
from kd.scoring.counts import Policy
from kd.scoring.headline import Sampling
from kd.scoring.matching import Collars
from kd.scoring.measure import Rules
from kd.scoring.sources import of_scores, of_table, read_reference
from kd.scoring.system import System


def evaluate(settings: EvaluateSettings) -> int:
    """Score, print a table, write the JSON; returns the exit code."""
    check_sources(settings)
    check_out(settings.out, read={n: getattr(settings, n) for n in ("reference", "predictions", "clips", "scores")})
    rules, sampling = rules_of(settings), sampling_of(settings, settings.resamples)
    if settings.check == "sed_eval":
        from kd.scoring.sed_eval_check import check_rules

        check_rules(rules)
    system = system_of(settings)
    found = assess(system, rules=rules, sampling=sampling)
    checked = ""
    if settings.check == "sed_eval":
        from kd.scoring.sed_eval_check import check

        compared = check(system, rules=rules)
        found["settings"]["check"] = {"sed_eval": compared}
        checked = f"sed_eval agrees: {compared} numbers, class by class, macro and micro, are the same to the last bit"
    table = assessment(found)
    if settings.out:
        atomic_write_text(settings.out, json.dumps(found, indent=1, allow_nan=False))
    say(table)
    if checked:
        say(checked)
    if settings.out:
        say(f"written: {settings.out}")
    if settings.track:
        from kd.passes.score_run import track

        say(f"run: {track(system, found, table=table, settings=settings, rules=rules)}")
    return 0


def check_sources(settings: EvaluateSettings) -> None:
    """Raises UserError unless the parameters name one thing to score."""
    given = [name for name in ("predictions", "scores", "model") if getattr(settings, name)]
    if len(given) != 1:
        raise UserError(
            f"{' and '.join(f'{name}=' for name in given)} are given: one system is scored at a time"
            if given
            else "give predictions=, scores= or model=",
            "files: reference= and predictions= or scores=; a model: model= and data=",
        )
    if settings.model and (settings.reference or settings.clips):
        name = "reference" if settings.reference else "clips"
        raise UserError(f"{name}= does not go with model=", "a model is scored on data= and split=")
    defaults = EvaluateSettings()
    for names, partner in ((("threshold", "window"), "scores"), (("data", "split", "missing"), "model")):
        for name in names:
            if not getattr(settings, partner) and getattr(settings, name) != getattr(defaults, name):
                raise UserError(f"{name}= goes with {partner}= only", f"leave {name} out")
    if not settings.model and not settings.reference:
        raise UserError("reference= is empty", "name the table of reference events")


def check_out(out: str, *, read: dict[str, str]) -> None:
    """Raises UserError where `out` is a folder, or is or lies in what is read, by its parameter's name."""
    if not out:
        return
    path = user_path(out, "out")
    if path.is_dir():
        raise UserError(f"out={out} is a folder", "name a file")
    for name, other in read.items():
        if not other or not Path(other).exists():
            continue
        if path.exists() and path.samefile(other):
            raise UserError(f"out={out} is the table that {name}= names", "name another file")
        if Path(other).is_dir() and real(path).is_relative_to(real(Path(other))):
            raise UserError(f"out={out} lies in the folder that {name}= names", "name another file")


def rules_of(options: ScoringOptions) -> Rules:
    """What counts, from the parameters."""
    collars = Collars(
        onset_collar=options.onset_collar,
        offset_collar=options.offset_collar,
        offset_share=options.offset_share,
        tolerance=options.tolerance,
    )
    return Rules(collars=collars, empty=None if options.empty_class == "default" else cast(Policy, options.empty_class))


def sampling_of(options: ScoringOptions, resamples: int) -> Sampling:
    """How intervals are drawn, from the parameters."""
    return Sampling(resamples=resamples, unit=options.unit, seed=options.seed)  # type: ignore[arg-type]


def wants_makers(options: ScoringOptions, resamples: int) -> bool:
    """Whether who made the sounds matters."""
    return options.unit == "maker" or (options.unit == "auto" and resamples > 0)


def system_of(settings: EvaluateSettings) -> System:
    """What the parameters name."""
    makers = wants_makers(settings, settings.resamples)
    if settings.model:
        from kd.passes.systems import of_model

        return of_model(settings.model, settings, makers=makers)
    reference = read_reference(settings.reference, clips=settings.clips or None, makers=makers)
    if settings.scores:
        return of_scores(settings.scores, reference, threshold=settings.threshold, window=settings.window)
    return of_table(settings.predictions, reference)
