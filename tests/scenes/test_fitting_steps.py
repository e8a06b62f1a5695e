"""How scene networks are trained: the papers' tables, ours, and the multi-step training."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kd.errors import UserError
from kd.models.scene_config import SceneConfig
from kd.scenes.bench import Trained, Wanted
from kd.scenes.fitting import S3, S5, check_length, fit_settings
from kd.scenes.multi_step import in_steps
from kd.scenes.settings import SpecialistsSettings, TeacherStudentSettings
from kd.scenes.studies import study_space
from kd.training.fit import FitSettings
from kd.training.scene_sets import Distillation


def test_the_papers_recipes() -> None:
    how = fit_settings(SpecialistsSettings(recipe="paper", epochs=70), "waveform", S3, clips=2400, precision="float32")
    assert (how.batch, how.learning_rate, how.optimizer, how.schedule, how.decay) == (
        24,
        1e-4,
        "amsgrad",
        "steps",
        0.002,
    )
    assert how.steps == 70 * 100
    mel = fit_settings(SpecialistsSettings(recipe="paper"), "mel", S3, clips=500, precision="float32")
    assert (mel.batch, mel.learning_rate, mel.optimizer, mel.schedule) == (50, 1e-3, "adam", "inverse")
    s5 = fit_settings(TeacherStudentSettings(recipe="paper"), "spectrogram", S5, clips=500, precision="float32")
    assert (s5.batch, s5.learning_rate, s5.optimizer, s5.schedule, s5.decay) == (40, 1e-3, "adam", "constant", 0.0)


def test_ours_and_lengths() -> None:
    how = fit_settings(SpecialistsSettings(steps=7, batch=3), "waveform", S3, clips=90, precision="bfloat16")
    assert (how.steps, how.batch, how.learning_rate, how.schedule, how.precision) == (
        7,
        3,
        1e-3,
        "last third",
        "bfloat16",
    )
    assert fit_settings(SpecialistsSettings(), "mel", S3, clips=5, precision="float32").batch == 5
    with pytest.raises(UserError, match="both given"):
        check_length(SpecialistsSettings(steps=2, epochs=2))


class Bench:
    """Trains nothing, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[Wanted]] = []

    def trained(self, wanted: list[Wanted], *, before: Any = ()) -> list[Trained]:
        self.asked.append(list(wanted))
        earlier = [(each.step,) for each in before] or [()] * len(wanted)
        return [Trained(each, Path(each.name), old) for each, old in zip(wanted, earlier, strict=True)]


def wanted(architecture: str, **more: Any) -> Wanted:
    return Wanted(architecture, SceneConfig(architecture, ("a", "b")), None, FitSettings(steps=30, batch=4), **more)  # type: ignore[arg-type]


def test_convolutions_first_then_the_whole() -> None:
    bench = Bench()
    asked = [wanted("waveform"), wanted("spectrogram"), wanted("mel")]
    found = in_steps(bench, asked)  # type: ignore[arg-type]
    first, second = bench.asked
    assert [each.name for each in first] == ["waveform", "spectrogram CNN", "mel"]
    assert not first[1].config.recurrent and first[1].how.steps == 10
    assert [each.name for each in second] == ["spectrogram"] and second[0].how.steps == 20
    assert second[0].start == Path("spectrogram CNN") / "network" and second[0].config.recurrent
    assert [each.wanted for each in found] == asked and found[1].before == (Path("spectrogram CNN"),)
    bench = Bench()
    in_steps(bench, [wanted("spectrogram", start=Path("x"))])  # type: ignore[arg-type]
    assert [len(each) for each in bench.asked] == [1, 0]


def test_what_optuna_searches() -> None:
    assert list(study_space(Distillation(point="both"))) == ["temperature", "weight"]
    assert list(study_space(Distillation(point="embedding"))) == ["weight"]
    wide = study_space(replace(Distillation(), temperature=50.0)).described()
    assert wide[0]["high"] == 50.0
