"""The small students: their size at every ratio, shapes, what they look at, and multiplications counted by hand."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kd.errors import UserError
from kd.models.build import build, count_parameters
from kd.models.config import ModelConfig
from kd.models.network import RecurrentCNN
from kd.models.size import multiplications, parameters_of, width_for

TEN = tuple("abcdefghij")
DEEP = 332298
BOTH = pytest.mark.parametrize("architecture", ["small", "small-conv"])


@BOTH
@pytest.mark.parametrize("ratio", [10, 25, 50, 100, 200])
def test_a_student_is_as_many_times_smaller_as_asked_and_not_much_more(architecture: str, ratio: int) -> None:
    width = width_for(ModelConfig(architecture, TEN), most=DEEP // ratio)
    network = build(ModelConfig(architecture, TEN, width=width))
    assert count_parameters(network) * ratio <= DEEP
    assert count_parameters(network) * ratio * 1.25 > DEEP
    assert count_parameters(build(ModelConfig(architecture, TEN, width=width + 0.001))) * ratio > DEEP


@BOTH
@settings(max_examples=20, deadline=None)
@given(a=st.integers(1, 8000), b=st.integers(1, 8000))
def test_a_wider_student_never_has_fewer_parameters(architecture: str, a: int, b: int) -> None:
    low, high = (parameters_of(ModelConfig(architecture, TEN, width=w / 1000)) for w in sorted((a, b)))
    assert low <= high


@BOTH
def test_no_student_is_smaller_than_the_smallest(architecture: str) -> None:
    with pytest.raises(UserError, match="the smallest has"):
        width_for(ModelConfig(architecture, TEN), most=50)


@BOTH
@pytest.mark.parametrize("frames", [240, 1, 37])
def test_length_is_kept(architecture: str, frames: int) -> None:
    network = build(ModelConfig(architecture, TEN, width=0.3)).eval()
    with torch.no_grad():
        x = torch.randn(2, frames, 64)
        assert network(x).shape == (2, frames, 10)
        assert torch.equal(network(x), network.classify(network.embed(x)))
        assert network.embed(x).shape == (2, frames, network.classify.in_features)


@BOTH
def test_other_numbers_of_mels_are_refused(architecture: str) -> None:
    with pytest.raises(UserError, match="mel bands"):
        build(ModelConfig(architecture, TEN, mels=32))


@pytest.mark.parametrize(
    "config", [ModelConfig("small-conv", TEN, width=0.3), ModelConfig("small", TEN, width=0.3, direction="forward")]
)
def test_frames_see_as_far_ahead_as_is_said(config: ModelConfig) -> None:
    torch.manual_seed(0)
    network = build(config).eval()
    ahead = network.lookahead
    assert ahead == (33 if config.architecture == "small-conv" else 3)
    x = torch.randn(1, 120, 64)
    changed = x.clone()
    changed[:, 60:] = torch.randn(60, 64)
    with torch.no_grad():
        same = (network(x) == network(changed)).all(dim=2)[0]
    assert bool(same[: 60 - ahead].all()) and not bool(same[60 - ahead])


def test_only_the_recurrent_one_has_a_recurrent_cell() -> None:
    assert isinstance(build(ModelConfig("small", TEN)), RecurrentCNN)
    assert not any("SRU" in type(each).__name__ for each in build(ModelConfig("small-conv", TEN)).modules())


def test_multiplications_are_those_of_the_layers() -> None:
    frames = 50
    first = frames * 64 * 24 * 9
    blocks = frames * (32 * (24 * 9 + 24 * 64) + 8 * (64 * 9 + 64 * 96) + 96 * 4 + 96 * 64)
    recurrent, last = frames * 64 * 3 * 64, frames * 64 * 10
    assert multiplications(ModelConfig("small", TEN), frames=frames) == first + blocks + recurrent + last
    context = frames * 4 * (64 * 5 + 64 * 64)
    assert multiplications(ModelConfig("small-conv", TEN), frames=frames) == first + blocks + context + last
    deep = 4 * 64 * 64 * 4  # of a frame and bin: 2x2 convolutions of 64 channels
    assert multiplications(ModelConfig("deep", TEN), frames=frames) > frames * 64 * deep / 4
