"""The deep and the shallow model: size, shapes, alignment, determinism."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from kd.errors import UserError
from kd.models.build import build, count_parameters
from kd.models.config import ModelConfig
from kd.models.network import RecurrentCNN
from kd.models.pooling import linear_pool, mean_pool
from kd.models.sru import SRU

TEN = tuple("abcdefghij")
BOTH = pytest.mark.parametrize("architecture", ["deep", "shallow"])
PADDINGS = pytest.mark.parametrize("padding", ["same", "literal"])


DIRECTIONS = pytest.mark.parametrize("direction", ["both", "forward"])


def a_model(architecture: str, *, seed: int = 0, padding: str = "same", direction: str = "both") -> RecurrentCNN:
    torch.manual_seed(seed)
    return build(ModelConfig(architecture=architecture, classes=TEN, padding=padding, direction=direction))


@pytest.mark.parametrize(("architecture", "size"), [("deep", 332298), ("shallow", 143306)])
@PADDINGS
@DIRECTIONS
def test_number_of_parameters(architecture: str, size: int, padding: str, direction: str) -> None:
    assert count_parameters(a_model(architecture, padding=padding, direction=direction)) == size


@pytest.mark.parametrize(("architecture", "convs", "norms"), [("deep", 9, 8), ("shallow", 3, 3)])
@DIRECTIONS
def test_layers(architecture: str, convs: int, norms: int, direction: str) -> None:
    modules = list(a_model(architecture, direction=direction).modules())
    assert sum(isinstance(module, nn.Conv2d) for module in modules) == convs
    assert sum(isinstance(module, nn.BatchNorm2d) for module in modules) == norms
    assert [m.products for m in modules if isinstance(m, SRU)] == [3 if architecture == "deep" else 4]


@BOTH
@PADDINGS
@pytest.mark.parametrize("frames", [240, 1, 37])
def test_length_is_kept(architecture: str, padding: str, frames: int) -> None:
    model = a_model(architecture, padding=padding).eval()
    with torch.no_grad():
        assert model(torch.randn(2, frames, 64)).shape == (2, frames, 10)


@BOTH
@pytest.mark.parametrize("mels", [32, 63, 80, 128])
def test_other_numbers_of_mels_are_refused(architecture: str, mels: int) -> None:
    with pytest.raises(UserError, match="mel bands"):
        build(ModelConfig(architecture=architecture, classes=TEN, mels=mels))
    with pytest.raises(UserError, match="64"):
        a_model(architecture)(torch.randn(2, 10, mels))


def convolutions(model: RecurrentCNN) -> list[nn.Conv2d]:
    return [module for module in model.modules() if isinstance(module, nn.Conv2d)]


def reach(model: RecurrentCNN, *, frame: int, frames: int) -> list[int]:
    """Frames of the input on which what the convolutions hand to the SRU for one frame of the output depends."""
    x = torch.randn(1, frames, 64, dtype=torch.float64, requires_grad=True)
    maps: Tensor = model.front(x.unsqueeze(1))
    torch.autograd.backward(maps[0, :, frame + model.margin].sum())
    assert x.grad is not None
    return [int(t) for t in x.grad[0].abs().sum(dim=1).nonzero().flatten()]


@PADDINGS
@pytest.mark.parametrize(("architecture", "radius"), [("deep", 4), ("shallow", 3)])
def test_a_frame_sees_as_far_back_as_ahead(architecture: str, radius: int, padding: str) -> None:
    model = a_model(architecture, padding=padding).eval().double()
    with torch.no_grad():
        for conv in convolutions(model):
            conv.weight.abs_()  # so that no ReLU closes
    assert reach(model, frame=15, frames=31) == list(range(15 - radius, 16 + radius))


@pytest.mark.parametrize(
    ("architecture", "padding", "ahead"), [("deep", "same", 4), ("deep", "literal", 4), ("shallow", "same", 3)]
)
def test_a_forward_network_sees_so_far_ahead_and_no_farther(architecture: str, padding: str, ahead: int) -> None:
    config = ModelConfig(architecture=architecture, classes=TEN, padding=padding, direction="forward")
    model = build(config).eval().double()
    assert model.lookahead == ahead
    x = torch.randn(1, 40, 64, dtype=torch.float64)
    with torch.no_grad():
        for conv in convolutions(model):
            conv.weight.abs_()  # so that no ReLU closes
        before = model(x)
        for changed in (0, 17, 39):
            other = x.clone()
            other[0, changed] += torch.rand(64, dtype=torch.float64)
            moved = [int(t) for t in (model(other) != before)[0].any(dim=1).nonzero().flatten()]
            assert moved[0] == max(0, changed - ahead)


def test_networks_without_a_bound_state_none() -> None:
    for architecture in ("deep", "shallow", "resnet"):
        assert build(ModelConfig(architecture=architecture, classes=TEN)).lookahead is None
    assert build(ModelConfig(architecture="resnet", classes=TEN, direction="forward")).lookahead is None


@PADDINGS
def test_an_impulse_stays_where_it_is(padding: str) -> None:
    model = a_model("deep", padding=padding).eval()
    x = torch.zeros(1, 60, 64)
    x[0, 30] = 1
    with torch.no_grad():
        for conv in convolutions(model):  # each channel becomes the local mean of the same channel of its input
            conv.weight.zero_()
            for channel in range(conv.out_channels):
                conv.weight[channel, channel % conv.in_channels] = 1 / conv.weight[0, 0].numel()
        bump = model.front(x.unsqueeze(1))[0, 0, :, 0][model.margin : 60 + model.margin]
    assert bump.shape == (60,)
    assert bump.argmax() == 30
    assert bump[30] > bump[29] > bump[28]
    torch.testing.assert_close(bump[20:30], bump[31:41].flip(0))


@BOTH
def test_batches_are_what_their_clips_are(architecture: str) -> None:
    model = a_model(architecture).eval()
    x = torch.randn(3, 20, 64)
    with torch.no_grad():
        torch.testing.assert_close(model(x), torch.cat([model(clip[None]) for clip in x]), rtol=1e-4, atol=1e-5)


@BOTH
@DIRECTIONS
def test_fused_equals_plain_torch(architecture: str, direction: str) -> None:
    model, plain = a_model(architecture, direction=direction), a_model(architecture, direction=direction).double()
    x = torch.randn(2, 24, 64)
    y, wanted = model(x), plain(x.double())
    torch.testing.assert_close(y.double(), wanted, rtol=1e-4, atol=1e-4)
    torch.autograd.backward((y**2).sum())
    torch.autograd.backward((wanted**2).sum())
    for (name, a), b in zip(model.named_parameters(), plain.parameters(), strict=True):
        assert a.grad is not None, name
        assert b.grad is not None, name
        size = b.grad.norm().item()
        assert (a.grad.double() - b.grad).norm().item() <= 2e-3 * size + 1e-6, name


@BOTH
def test_same_seed_same_gradients(architecture: str) -> None:
    def once() -> list[Tensor]:
        model = a_model(architecture, seed=5)
        loss = mean_pool(model(torch.randn(2, 24, 64, generator=torch.Generator().manual_seed(1)))).sum()
        return list(torch.autograd.grad(loss, list(model.parameters())))

    assert all(torch.equal(a, b) for a, b in zip(once(), once(), strict=True))


def test_statistics_are_applied() -> None:
    model = a_model("shallow").eval()
    x, mean, std = torch.randn(2, 12, 64) * 3 + 5, torch.randn(64), torch.rand(64) + 0.5
    with torch.no_grad():
        wanted = model((x - mean) / std)
        model.set_statistics(mean.numpy(), std.numpy())
        torch.testing.assert_close(model(x), wanted, rtol=1e-4, atol=1e-5)
        model.set_statistics(mean, torch.zeros(64))
        torch.testing.assert_close(model.normalise(x), x - mean)
    with pytest.raises(UserError, match="64 bands"):
        model.set_statistics(mean[:10], std[:10])
    with pytest.raises(UserError, match="not finite"):
        model.set_statistics(mean, torch.full((64,), float("nan")))


def test_mean_pool_averages_probabilities() -> None:
    logits = torch.tensor([[[0.0, 100.0], [100.0, -100.0]]])
    torch.testing.assert_close(mean_pool(logits), torch.tensor([[0.75, 0.5]]))


def test_clip_tags_are_pooled_as_the_description_says() -> None:
    logits = torch.tensor([[[0.0, 4.0], [-20.0, -20.0], [2.0, -20.0]]])
    p = torch.sigmoid(logits)
    for pooling, want in (("mean", p.mean(dim=1)), ("linear", (p**2).sum(dim=1) / p.sum(dim=1))):
        for architecture in ("deep", "shallow", "small"):
            network = build(ModelConfig(architecture, ("a", "b"), pooling=pooling))
            torch.testing.assert_close(network.tags(logits), want)
    assert torch.allclose(linear_pool(logits)[0, 1], torch.tensor(0.982), atol=1e-3), "one sure frame is enough"
    assert torch.isfinite(linear_pool(torch.full((1, 4, 2), -1e4))).all()
    loudest = build(ModelConfig("resnet", ("a", "b"), width=0.1, pooling="linear")).tags(logits)
    torch.testing.assert_close(loudest, p.amax(dim=1))
    with pytest.raises(UserError, match="pooling"):
        ModelConfig("deep", ("a",), pooling="attention")
