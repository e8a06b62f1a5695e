"""The study of a scene job: temperature and weight of hard labels, by short students."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from kd.config import say
from kd.passes.tuned import log_study, summary
from kd.scenes.bench import SceneBench
from kd.scenes.judging import System
from kd.scenes.settings import SceneSettings
from kd.training.fit import FitSettings
from kd.training.scene_sets import Distillation
from kd.tuning.attempt import Attempt
from kd.tuning.space import Real, Space
from kd.tuning.store import open_studies
from kd.tuning.study import run_study

TEMPERATURES, WEIGHTS = (1.0, 20.0), (0.0, 0.9)
HEARING = 0.35  # what a network that is only asked costs, to a training step
Taught = Callable[[SceneBench, Distillation, str, float], System]


@dataclass(frozen=True)
class Chosen:
    """How students are taught, and what `results.json` says of the study; None where there was none."""

    how: Distillation
    study: dict[str, Any] | None = None


def chosen(bench: SceneBench, settings: SceneSettings, how: Distillation, taught: Taught) -> Chosen:
    """The best temperature and weight on the part that is chosen on, from `how` on.

    taught: trains a student on a bench, of a name, for a share of the steps of a network, and judges it.
    """
    if settings.tuning == "off":
        return Chosen(how)
    space = study_space(how)
    alone = replace(bench, threads=bench.threads * bench.workers.count)  # attempts come one after the other

    def objective(attempt: Attempt) -> float:
        found = replace(how, **attempt.settings)  # type: ignore[arg-type]
        return taught(alone, found, f"attempt {attempt.number}", settings.trial_share).selected

    study = run_study(
        studies=open_studies(),
        name=f"{bench.iterate_id}/student",
        space=space,
        objective=objective,
        trials=settings.trials,
        seed=bench.seed_of("study"),
        sampler=settings.sampler,
        first=[{key: getattr(how, key) for key in space}],
    )
    log_study(bench.runs, bench.parent, study, folder="study")
    bench.runs.tag(bench.parent, {"optuna.study": study.name})
    best = ", ".join(f"{key} {value:.3g}" for key, value in study.best.items())
    say(f"study: {best}; select accuracy of a short student {100 * (study.value or 0):.2f} %")
    return Chosen(replace(how, **study.best), summary(study))  # type: ignore[arg-type]


def study_space(how: Distillation) -> Space:
    """What is searched, around present settings that lie further out; embeddings have no temperature."""
    low, high = TEMPERATURES
    weight = Real(WEIGHTS[0], max(WEIGHTS[1], how.weight))
    if how.point == "embedding":
        return Space({"weight": weight})
    temperature = Real(min(low, how.temperature), max(high, how.temperature), log=True)
    return Space({"temperature": temperature, "weight": weight})


def shortened(how: FitSettings, share: float) -> FitSettings:
    """The same training for a share of its steps."""
    return replace(how, steps=max(1, round(share * how.steps)))
