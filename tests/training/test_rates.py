"""How the learning rate changes."""

import pytest
import torch

from kd.training.fit import FitSettings, optimizer_of, rate_at
from kd.training.rates import share_at


def test_rates_of_the_scene_papers() -> None:
    steps = [share_at("steps", i, 70) for i in range(70)]
    assert steps[:20] == [1.0] * 20 and steps[20:50] == [0.2] * 30 and steps[50:] == pytest.approx([0.04] * 20)
    assert share_at("inverse", 0, 9) == 1 and share_at("inverse", 10_000, 20_000) == 0.5
    assert rate_at(FitSettings(steps=9, batch=1, learning_rate=0.3, schedule="constant"), 8) == 0.3


def test_optimisers() -> None:
    model = torch.nn.Linear(2, 1)
    assert optimizer_of(model, FitSettings(steps=1, batch=1, optimizer="amsgrad", decay=0.1)).defaults["amsgrad"]
    found = optimizer_of(model, FitSettings(steps=1, batch=1, decay=0.1))
    assert found.defaults["weight_decay"] == 0.1 and not found.defaults["amsgrad"]
