"""How scene networks are trained: optimiser, rate and batch of the papers, or ours."""

import math
from dataclasses import replace

from kd.errors import UserError
from kd.scenes.settings import EPOCHS, SceneSettings
from kd.training.fit import FitSettings

BATCH = 8
RATE = 1e-3
SAME = FitSettings(steps=1, batch=40, learning_rate=1e-3, schedule="constant")
S5 = {"waveform": SAME, "spectrogram": SAME, "mel": SAME}
S3 = {
    "waveform": FitSettings(
        steps=1, batch=24, learning_rate=1e-4, optimizer="amsgrad", decay=2 * 0.001, schedule="steps"
    ),
    "mel": FitSettings(steps=1, batch=50, learning_rate=1e-3, optimizer="adam", decay=2 * 0.0001, schedule="inverse"),
}
S3["spectrogram"] = S3["mel"]


def check_length(settings: SceneSettings) -> None:
    """Raises UserError where the length of a training is given twice."""
    if settings.steps and settings.epochs:
        raise UserError("steps and epochs are both given", "give one of them")


def fit_settings(
    settings: SceneSettings, architecture: str, paper: dict[str, FitSettings], *, clips: int, precision: str
) -> FitSettings:
    """How a network is trained. paper: `S5`, its section 4.2, or `S3`, its Tables 4 and 5.

    Deviation: the weight of L2 regularisation is that of the squares' sum, whose gradient is twice the weight: so is
    `decay`. S5 does not say for how long it trains. recipe=default has rates for trainings of hundreds of steps: 0.001,
    falling over the last third.
    """
    how = paper[architecture]
    ours = settings.recipe == "default"
    batch = min(settings.batch or (BATCH if ours else how.batch), max(2, clips))
    steps = settings.steps or (settings.epochs or EPOCHS) * math.ceil(clips / batch)
    how = replace(how, steps=steps, batch=batch, precision=precision)
    return replace(how, learning_rate=RATE, schedule="last third") if ours else how
