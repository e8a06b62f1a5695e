"""A training by several processes: its losses and weights are those of one with the whole batch."""

import copy
import multiprocessing
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from kd.errors import UserError
from kd.models.build import build
from kd.models.config import ModelConfig
from kd.training.data import TrainingSet
from kd.training.fit import FitSettings, fit
from kd.training.several import fit_by
from tests.training.test_fit import clips, network, strong

HOW = FitSettings(steps=4, batch=5, seed=2, average=0.9)  # five clips: one rank has two, the other three


def tagged() -> TrainingSet:
    """Frame labels, some unknown, and tags, some unknown: a loss that is no mean of its clips' losses."""
    given = strong()
    frames = given.targets.copy()
    frames[::3, :, 1] = np.nan
    tags = np.tile(np.array([1, 0], np.float16), (10, 1))
    tags[::2, 1] = np.nan
    return TrainingSet(clips(), frames, tags, 0.7)


def test_two_ranks_learn_what_one_does() -> None:
    training = tagged()
    one, two = network(), network()
    told: list[tuple[int, float]] = []
    want = fit(one, training, HOW)
    found = fit_by(2, two, training, HOW, report=lambda done, loss: told.append((done, loss)))
    np.testing.assert_allclose(found, want, atol=2e-5)
    assert told == list(enumerate(found, 1))
    for (name, a), b in zip(one.state_dict().items(), two.state_dict().values(), strict=True):
        assert torch.allclose(a.float(), b.float(), atol=2e-3), name
        assert "running" not in name or torch.allclose(a, b, atol=1e-4), name


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["deep", "resnet", "small"])
def test_other_networks_too(architecture: str) -> None:
    torch.manual_seed(5)
    one = build(ModelConfig(architecture=architecture, classes=("a", "b"), width=0.1))
    two = copy.deepcopy(one)
    how = replace(HOW, average=0.0)
    training = TrainingSet(clips(), np.tile(np.array([1, 0], np.float16), (10, 1)))
    np.testing.assert_allclose(fit_by(2, two, training, how), fit(one, training, how), atol=1e-4)


@pytest.mark.slow
def test_a_checkpoint_is_gone_on_from(tmp_path: Path) -> None:
    whole, halves = network(), network()
    how = replace(HOW, batch=5, steps=5)
    want = fit(whole, strong(), how)

    class Enough(Exception):
        pass

    def stop(done: int, loss: float) -> None:
        if done == 3:
            raise Enough

    with pytest.raises(Enough):
        fit_by(2, halves, strong(), how, checkpoint=tmp_path / "c", report=stop)
    assert (tmp_path / "c").exists()
    np.testing.assert_allclose(fit_by(2, halves, strong(), how, checkpoint=tmp_path / "c"), want, atol=2e-5)


def killed(done: int, loss: float) -> None:
    """Kill a rank from outside."""
    process = next(each for each in multiprocessing.active_children() if "SpawnProcess" in each.name)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)


@pytest.mark.slow
def test_a_rank_that_dies_is_one_clear_line() -> None:
    with pytest.raises(UserError, match="a process of a training by several ended"):
        fit_by(2, network(), strong(), replace(HOW, steps=500), report=killed)


def test_what_fails_in_a_rank_is_said() -> None:
    bad = TrainingSet(clips(), np.full((10, 7, 2), 0.5, np.float16))
    with pytest.raises(ValueError) as error:
        fit_by(2, network(), bad, HOW)
    assert any("of 2" in note for note in error.value.__notes__)
