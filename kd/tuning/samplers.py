"""How the settings of an attempt are drawn, and when one is stopped early."""

import importlib.util
from typing import Any

from kd.errors import UserError, did_you_mean
from kd.tuning.library import optuna

SAMPLERS = ("tpe", "gp", "cmaes", "random")
PRUNERS = ("none", "median")
NEEDS = {"gp": ("scipy", "torch"), "cmaes": ("cmaes",)}


def check_sampler(kind: str) -> None:
    """Raises UserError where there is no such sampler, or a package that it needs is absent."""
    if kind not in SAMPLERS:
        raise UserError(f"no sampler {kind!r}", did_you_mean(kind, SAMPLERS) or f"known: {', '.join(SAMPLERS)}")
    absent = [name for name in NEEDS.get(kind, ()) if importlib.util.find_spec(name) is None]
    if absent:
        raise UserError(f"sampler={kind} needs {' and '.join(absent)}", f"pip install {' '.join(absent)}")


def draw_seed(seed: int, number: int) -> int:
    """The seed of one draw of a study: it depends on nothing else, so a draw comes out the same after any interruption."""
    import numpy as np

    return int(np.random.SeedSequence((seed, number)).generate_state(1)[0])


def sampler(kind: str, *, seed: int) -> Any:
    """An optuna sampler for one draw.

    tpe: multivariate, for settings matter together; 24 candidates, 10 random draws first, attempts that others run now
    count as poor. 2 to 5 ms a draw up to 100 attempts at 7 settings, where more candidates gained nothing.
    gp: a Gaussian process, the best with few attempts, half a second a draw. cmaes: for numbers, some hundred attempts;
    choices are random to it. Neither cmaes nor random heeds constraints in drawing.
    """
    make = optuna().samplers
    if kind == "tpe":
        return make.TPESampler(
            seed=seed, multivariate=True, constant_liar=True, n_ei_candidates=24, n_startup_trials=10
        )
    if kind == "gp":
        return make.GPSampler(seed=seed)
    if kind == "cmaes":
        return make.CmaEsSampler(seed=seed, warn_independent_sampling=False)
    return make.RandomSampler(seed=seed)


def pruner(kind: str) -> Any:
    """An optuna pruner. median: after 5 complete attempts, one below the median of the others at a step is stopped."""
    if kind not in PRUNERS:
        raise UserError(f"no pruner {kind!r}", did_you_mean(kind, PRUNERS) or f"known: {', '.join(PRUNERS)}")
    make = optuna().pruners
    return make.MedianPruner(n_startup_trials=5) if kind == "median" else make.NopPruner()
