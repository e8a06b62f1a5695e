"""The residual network of S2: sizes, alignment, one step of training."""

import pytest
import torch
from torch import nn

from kd.errors import UserError
from kd.losses.frames import frame_bce
from kd.models.build import build, count_parameters
from kd.models.config import ModelConfig
from kd.models.pooling import max_pool
from kd.models.resnet import ResNet

TEN = tuple("abcdefghij")


def a_resnet(*, width: float = 1.0, seed: int = 0) -> ResNet:
    torch.manual_seed(seed)
    model = build(ModelConfig(architecture="resnet", classes=TEN, width=width))
    assert isinstance(model, ResNet)
    return model


def test_the_papers_sizes_and_a_step_at_full_width() -> None:
    model = a_resnet()
    # 3×3 convolutions, shortcuts, two numbers per normalised channel, and the last layer
    convs = 9 * (64 + 4 * 64**2 + 64 * 128 + 3 * 128**2 + 128 * 256 + 3 * 256**2 + 256 * 512 + 3 * 512**2)
    shortcuts = 64**2 + 64 * 128 + 128 * 256 + 256 * 512
    norms = 2 * (64 + 5 * (64 + 128 + 256 + 512))
    assert count_parameters(model) == convs + shortcuts + norms + 513 * 10 == 11_177_034
    shapes: list[tuple[int, ...]] = []
    for module in (model.norm, model.blocks):
        module.register_forward_hook(lambda _module, _inputs, out: shapes.append(tuple(out.shape)))
    before = model.conv.weight.detach().clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    logits = model(torch.rand(1, 1024, 64))
    frame_bce(logits, torch.ones(1, 128, 10)).backward()
    optimizer.step()
    assert shapes == [(1, 64, 1024, 64), (1, 512, 128, 8)]
    assert logits.shape == (1, 128, 10) and max_pool(logits).shape == (1, 10)
    assert all(each.grad is not None and torch.isfinite(each.grad).all() for each in model.parameters())
    assert not torch.equal(model.conv.weight, before)


@pytest.mark.parametrize("frames", [1, 7, 8, 9, 100])
def test_other_lengths_give_an_eighth_rounded_up(frames: int) -> None:
    model = a_resnet(width=0.1).eval()
    with torch.no_grad():
        assert model(torch.rand(2, frames, 64)).shape == (2, -(-frames // 8), 10)
    with pytest.raises(UserError, match="64"):
        model(torch.rand(2, frames, 63))


def test_a_frame_is_centred_on_every_eighth_of_the_features() -> None:
    model = a_resnet(width=0.05).eval().double()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.abs_()  # so that no ReLU closes
    x = torch.rand(1, 240, 64, dtype=torch.float64, requires_grad=True)
    torch.autograd.backward(model.maps(x)[0, :, 15].sum())
    assert x.grad is not None
    seen = [int(t) for t in x.grad[0].abs().sum(dim=1).nonzero().flatten()]
    assert seen == list(range(8 * 15 - 54, 8 * 15 + 55))


def test_maps_are_channels_last_and_bfloat16_is_near_float32() -> None:
    model, x = a_resnet(width=0.25).eval(), torch.rand(2, 64, 64)
    with torch.no_grad():
        assert model.maps(x).is_contiguous(memory_format=torch.channels_last)
        whole = model(x)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            halves = model(x)
    assert halves.dtype == torch.bfloat16 and (halves.float() - whole).abs().max() < 0.03


def test_max_pool_takes_the_loudest_frame() -> None:
    logits = torch.tensor([[[0.0, 100.0], [100.0, -100.0]]])
    torch.testing.assert_close(max_pool(logits), torch.tensor([[1.0, 1.0]]))


def test_a_description_from_before_has_width_1_and_wrong_widths_are_refused() -> None:
    assert ModelConfig.from_dict({"architecture": "deep", "classes": ["a"], "padding": "same"}).width == 1
    wrong: list[object] = [0, -1.0, 9, True, "1", float("nan")]
    for width in wrong:
        with pytest.raises(UserError, match="width"):
            ModelConfig.from_dict({"architecture": "resnet", "classes": ["a"], "width": width})
