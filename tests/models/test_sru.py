"""The SRU layer against its step-by-step reference."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from kd.models import sru_kernels, sru_reference
from kd.models.sru import SRU, _recurrence


def reference(layer: SRU, x: Tensor, mask: Tensor | None) -> Tensor:
    """The layer's output by the reference, in the parameters' type."""
    batch, frames, _ = x.shape
    identity = layer.products == 3
    return sru_reference.recurrence(
        projected=(x @ layer.weight).view(batch, frames, layer.directions, layer.products, layer.hidden_size),
        skip=x.reshape(batch, frames, layer.directions, layer.hidden_size) if identity else None,
        bias=layer.bias,
        peephole=layer.peephole,
        mask=mask,
        activation=layer.activation,
        scale=layer.alpha if identity else 1.0,
    )


def gradients(y: Tensor, weights: Tensor, layer: SRU, x: Tensor) -> tuple[Tensor, ...]:
    return torch.autograd.grad((y * weights).sum(), [x, *layer.parameters()])


def a_layer(*, version: int = 1, projected: bool = False, two_ways: bool = True, units: int = 8, **rest: object) -> SRU:
    size = units * (2 if two_ways else 1) + (3 if projected else 0)
    layer = SRU(
        input_size=size,
        hidden_size=units,
        bidirectional=two_ways,
        version=version,
        rescale=version == 2,
        **rest,  # type: ignore[arg-type]
    )
    with torch.no_grad():
        layer.bias.normal_()
    assert layer.products == (4 if projected else 3)
    return layer


@settings(max_examples=60, deadline=None)
@given(
    version=st.sampled_from([1, 2]),
    activation=st.sampled_from(["tanh", "identity"]),
    projected=st.booleans(),
    two_ways=st.booleans(),
    ragged=st.booleans(),
    batch=st.integers(1, 5),
    frames=st.integers(1, 20),
    units=st.integers(1, 37),
    seed=st.integers(0, 2**31),
)
def test_layer_equals_reference(
    version: int,
    activation: str,
    projected: bool,
    two_ways: bool,
    ragged: bool,
    batch: int,
    frames: int,
    units: int,
    seed: int,
) -> None:
    torch.manual_seed(seed)
    layer = a_layer(version=version, activation=activation, projected=projected, two_ways=two_ways, units=units)
    x = torch.randn(batch, frames, layer.input_size, requires_grad=True)
    lengths = torch.randint(0, frames + 1, (batch, 1))
    mask = torch.arange(frames) < lengths if ragged else None
    y, expected = layer(x, mask), reference(layer, x, mask)
    torch.testing.assert_close(y, expected, rtol=1e-5, atol=1e-5)
    weights = torch.randn_like(y)
    for got, wanted in zip(gradients(y, weights, layer, x), gradients(expected, weights, layer, x), strict=True):
        size = max(1.0, wanted.abs().max().item())
        torch.testing.assert_close(got / size, wanted / size, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("k", [3, 4])
def test_reference_gradients_are_right(version: int, k: int) -> None:
    torch.manual_seed(0)

    def variable(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64).requires_grad_()

    projected, skip, bias, peephole = (
        variable(2, 4, 2, k, 3),
        variable(2, 4, 2, 3),
        variable(2, 2, 3),
        variable(2, 2, 3),
    )
    mask = torch.tensor([[True, True, True, False], [True, False, True, True]])

    def run(projected: Tensor, skip: Tensor, bias: Tensor, peephole: Tensor) -> Tensor:
        return sru_reference.recurrence(
            projected=projected,
            skip=skip if k == 3 else None,
            bias=bias,
            peephole=peephole if version == 2 else None,
            mask=mask,
            scale=1.7,
        )

    assert torch.autograd.gradcheck(run, (projected, skip, bias, peephole))


def test_one_step_by_hand() -> None:
    layer = SRU(input_size=1, hidden_size=1, bidirectional=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[2.0, 0.5, -1.0]]))
        layer.bias.copy_(torch.tensor([0.25, 0.75]).view(2, 1, 1))
    x = torch.tensor([[[0.5], [-1.0]]])
    f1, r1 = torch.sigmoid(torch.tensor(0.5)), torch.sigmoid(torch.tensor(0.25))
    c1 = (1 - f1) * 1.0
    f2, r2 = torch.sigmoid(torch.tensor(-0.25)), torch.sigmoid(torch.tensor(1.75))
    c2 = f2 * c1 + (1 - f2) * -2.0
    wanted = torch.stack([r1 * torch.tanh(c1) + (1 - r1) * 0.5, r2 * torch.tanh(c2) + (1 - r2) * -1.0])
    torch.testing.assert_close(layer(x).flatten(), wanted)


@pytest.mark.parametrize("version", [1, 2])
def test_padding_changes_nothing_before_it(version: int) -> None:
    torch.manual_seed(1)
    layer = a_layer(version=version)
    x = torch.randn(1, 9, layer.input_size)
    padded = torch.cat([x, torch.full((1, 5, layer.input_size), 7.0)], dim=1)
    y = layer(padded, torch.arange(14).unsqueeze(0) < 9)
    torch.testing.assert_close(y[:, :9], layer(x))
    assert (y[:, 9:] == 0).all()


def test_backward_direction_is_the_forward_one_reversed() -> None:
    torch.manual_seed(2)
    layer = a_layer(projected=True)
    with torch.no_grad():
        rows = layer.weight.view(layer.input_size, 2, 4 * 8)
        rows[:, 1] = rows[:, 0]
        layer.bias[:, 1] = layer.bias[:, 0]
    x = torch.randn(2, 11, layer.input_size)
    forward, backward = layer(x).chunk(2, dim=2)
    torch.testing.assert_close(layer(x.flip(1))[..., :8].flip(1), backward)
    assert not torch.allclose(forward, backward)


def test_extreme_inputs_stay_finite_and_nan_shows() -> None:
    layer = a_layer()
    x = torch.full((1, 6, 16), 1e4, requires_grad=True)
    y = layer(x)
    torch.autograd.backward(y.sum())
    assert torch.isfinite(y).all()
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()
    spoiled = torch.randn(1, 6, 16)
    spoiled[0, 2, 0] = float("nan")
    assert layer(spoiled).isnan().any()


@pytest.mark.parametrize("shape", [(0, 5), (3, 0)])
def test_empty_batches(shape: tuple[int, int]) -> None:
    layer = a_layer()
    x = torch.randn(*shape, layer.input_size, requires_grad=True)
    y = layer(x, torch.ones(shape, dtype=torch.bool))
    assert y.shape == (*shape, 16)
    torch.autograd.backward(y.sum())


def test_non_contiguous_input_no_grad_and_double() -> None:
    torch.manual_seed(3)
    layer = a_layer(version=2)
    x = torch.randn(16, 7, 4)
    view = x.permute(2, 1, 0)
    expected = layer(view.contiguous())
    with torch.no_grad():
        torch.testing.assert_close(layer(view), expected)
    torch.testing.assert_close(layer.double()(view.double()).float(), expected, rtol=1e-5, atol=1e-5)


def test_autocast_keeps_the_recurrence_in_float32() -> None:
    torch.manual_seed(4)
    layer = a_layer(version=2)
    x = torch.randn(2, 7, 16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = layer(x)
    assert y.dtype == torch.float32
    torch.testing.assert_close(y, layer(x), rtol=0.05, atol=0.05)


def test_backward_twice_gives_the_same() -> None:
    torch.manual_seed(5)
    layer = a_layer()
    x = torch.randn(3, 12, 16, requires_grad=True)
    loss = layer(x).square().sum()
    first = torch.autograd.grad(loss, [x, *layer.parameters()], retain_graph=True)
    second = torch.autograd.grad(loss, [x, *layer.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_kernels_do_not_depend_on_the_number_of_threads() -> None:
    torch.manual_seed(6)
    layer = a_layer(version=2, units=16)
    projected = torch.randn(5, 30, 2, 3, 16)
    results = []
    before = torch.get_num_threads()
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            u = projected.clone().requires_grad_()
            skip = torch.ones(5, 30, 2, 16, requires_grad=True)
            y = _recurrence(sru_kernels, u * 1, skip, layer.bias, layer.peephole, None, "tanh", 1.0)
            results.append((y.detach(), *torch.autograd.grad(y.sum(), [u, skip, layer.bias])))
    finally:
        torch.set_num_threads(before)
    for other in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(results[0], other, strict=True))


def test_initialisation() -> None:
    torch.manual_seed(7)
    one = SRU(input_size=64, hidden_size=128, highway_bias=-2.0)
    bound = (3 / 64) ** 0.5
    assert one.weight.abs().max() <= bound
    assert one.weight.var().item() == pytest.approx(1 / 64, rel=0.02)
    assert (one.bias[0] == 0).all()
    assert (one.bias[1] == -2).all()
    assert one.peephole is None
    assert one.weight.shape == (64, 2 * 4 * 128)
    two = SRU(input_size=64, hidden_size=128, version=2, rescale=True)
    assert two.alpha == pytest.approx(3**0.5)
    rows = two.weight.view(64, 2, 4, 128)
    assert rows[:, :, 0].var().item() == pytest.approx(1 / 64, rel=0.05)
    assert rows[:, :, 1:3].var().item() == pytest.approx(0.5 / 64, rel=0.05)
    assert rows[:, :, 3].var().item() == pytest.approx(3 / 64, rel=0.05)
    assert two.peephole is not None
    assert two.peephole.var().item() == pytest.approx(0.5, rel=0.2)


@pytest.mark.parametrize("wrong", [{"version": 3}, {"activation": "relu"}, {"rescale": True}])
def test_wrong_arguments(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="SRU"):
        SRU(input_size=4, hidden_size=2, **wrong)  # type: ignore[arg-type]
