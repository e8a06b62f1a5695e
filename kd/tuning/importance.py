"""How much each setting decides whether an attempt is among the best."""

from kd.tuning.library import hushed, optuna
from kd.tuning.outcome import COMPLETE, Studied

FEWEST = 20  # complete attempts: the best tenth is then two


def untold(studied: Studied) -> str:
    """Why importances cannot be told of a study; empty where they can."""
    values = [row["value"] for row in studied.trials if row["state"] == COMPLETE]
    if len(values) < FEWEST:
        return f"Importances are told from {FEWEST} complete attempts on; there are {len(values)}."
    if min(values) == max(values):
        return "Every attempt has the same value: no setting matters."
    return ""


def importances(studied: Studied) -> dict[str, float]:
    """The share of each setting, highest first, by PED-ANOVA (Watanabe et al. 2023); they sum to 1.

    It compares where the best tenth of all complete attempts lies with where all of them lie, one setting at a time. Empty
    where `untold` says why.
    """
    if untold(studied):
        return {}
    distributions = studied.space.distributions()
    with hushed():
        study = optuna().create_study(direction="maximize")
        for row in studied.trials:
            if row["state"] == COMPLETE:
                study.add_trial(
                    optuna().trial.create_trial(value=row["value"], params=row["settings"], distributions=distributions)
                )
        found = optuna().importance.get_param_importances(study)
    return {name: float(share) for name, share in found.items()}
