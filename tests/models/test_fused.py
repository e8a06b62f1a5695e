"""The fused convolution blocks against plain torch in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from kd.models.first import first_block
from kd.models.halves import Stored, store, stored, tensor_of
from kd.models.norm import bias_relu_pool, norm_relu_pool, plain_norm_relu_pool
from kd.models.vectorised import vectorised

SHAPES = {
    "clips": st.integers(1, 3),
    "channels": st.integers(1, 19),
    "frames": st.integers(1, 6),
    "bins": st.integers(4, 11),
    "pool": st.sampled_from([1, 2, 4]),
    "training": st.booleans(),
    "seed": st.integers(0, 2**31),
}


def norms(channels: int, training: bool) -> tuple[nn.BatchNorm2d, nn.BatchNorm2d]:
    """Two equal normalisations, float32 and float64; some gains are negative."""
    norm = nn.BatchNorm2d(channels)
    for parameter in norm.parameters():
        nn.init.normal_(parameter)
    assert norm.running_mean is not None
    norm.running_mean.normal_()
    other = nn.BatchNorm2d(channels).double()
    other.load_state_dict(norm.state_dict())
    return norm.train(training), other.train(training)


def agree(got: Tensor, wanted: Tensor) -> None:
    """Equal but for float32's noise; where bfloat16 is what is got, but for its last bit: 8 bits of significand."""
    size = max(1.0, wanted.abs().max().item())
    rtol = 2**-8 if got.dtype == torch.bfloat16 else 1e-4
    torch.testing.assert_close(got.double() / size, wanted.double() / size, rtol=rtol, atol=1e-5)


@settings(max_examples=80, deadline=None)
@given(dtype=st.sampled_from([torch.float32, torch.bfloat16]), **SHAPES)
def test_norm_relu_pool(
    dtype: torch.dtype, clips: int, channels: int, frames: int, bins: int, pool: int, training: bool, seed: int
) -> None:
    torch.manual_seed(seed)
    norm, other = norms(channels, training)
    x = (torch.randn(clips, channels, frames, bins) + 2).to(dtype).requires_grad_()
    exact = x.detach().double().requires_grad_()
    y, wanted = norm_relu_pool(x=x, norm=norm, pool=pool), plain_norm_relu_pool(x=exact, norm=other, pool=pool)
    assert y.shape == wanted.shape and y.dtype == dtype
    agree(y, wanted)
    weights = torch.randn_like(y)
    ours = torch.autograd.grad(y, [x, *norm.parameters()], weights)
    theirs = torch.autograd.grad(wanted, [exact, *other.parameters()], weights.double())
    for a, b in zip(ours, theirs, strict=True):
        agree(a, b)
    for a, b in zip(norm.buffers(), other.buffers(), strict=True):
        agree(a, b)


@settings(max_examples=80, deadline=None)
@given(halves=st.booleans(), size=st.sampled_from([2, 3]), **SHAPES)
def test_first_block(
    halves: bool, size: int, clips: int, channels: int, frames: int, bins: int, pool: int, training: bool, seed: int
) -> None:
    torch.manual_seed(seed)
    norm, other = norms(channels, training)
    conv = nn.Conv2d(1, channels, size, padding=1, bias=False)
    exact = nn.Conv2d(1, channels, size, padding=1, bias=False).double()
    exact.load_state_dict(conv.state_dict())
    x = torch.randn(clips, 1, frames, bins) + 1
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=halves):
        y = first_block(x=x, conv=conv, norm=norm, pool=pool)
    assert y.dtype == (torch.bfloat16 if halves else torch.float32)
    wanted = plain_norm_relu_pool(x=exact(x.double()), norm=other, pool=pool)
    agree(y, wanted)
    weights = torch.randn_like(y)
    ours = torch.autograd.grad(y, [conv.weight, *norm.parameters()], weights)
    theirs = torch.autograd.grad(wanted, [exact.weight, *other.parameters()], weights.double())
    for a, b in zip(ours, theirs, strict=True):
        agree(a, b)
    for a, b in zip(norm.buffers(), other.buffers(), strict=True):
        agree(a, b)


def test_first_block_gives_the_gradient_of_its_input_when_asked() -> None:
    conv, norm = nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
    x = torch.randn(2, 1, 5, 8, requires_grad=True)
    torch.autograd.backward(first_block(x=x, conv=conv, norm=norm, pool=4).sum())
    assert x.grad is not None


@pytest.mark.parametrize("pool", [1, 2, 4])
def test_bias_relu_pool(pool: int) -> None:
    torch.manual_seed(0)
    x, bias = torch.randn(2, 5, 3, 9, requires_grad=True), torch.randn(5, requires_grad=True)
    y = bias_relu_pool(x=x, bias=bias, pool=pool)
    wanted = nn.functional.max_pool2d(torch.relu(x + bias[:, None, None]), (1, pool))
    torch.testing.assert_close(y, wanted)
    weights = torch.randn_like(y)
    ours = torch.autograd.grad((y * weights).sum(), [x, bias])
    theirs = torch.autograd.grad((wanted * weights).sum(), [x, bias])
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("pool", [1, 2, 4])
def test_nan_shows(dtype: torch.dtype, pool: int) -> None:
    norm = nn.BatchNorm2d(3).eval()
    for place in range(4):
        x = torch.zeros(1, 3, 1, 4, dtype=dtype)
        x[0, 1, 0, place] = float("nan")
        assert norm_relu_pool(x=x, norm=norm, pool=pool)[0, 1, 0, place // pool].isnan()


def test_halves_are_rounded_as_torch_rounds_them() -> None:
    bits = torch.from_numpy(np.random.default_rng(0).integers(0, 2**32, 200_000, dtype=np.uint32).view(np.int32))
    values = bits.view(torch.float32)
    values = values[values.isfinite()]
    ties = (torch.arange(2**15, dtype=torch.int32) << 16 | 0x8000).view(torch.float32)
    for each in (values, ties[ties.isfinite()]):
        rounded = np.empty(len(each), np.uint16)
        round_all(each.numpy(), rounded)
        assert torch.equal(tensor_of(rounded), each.bfloat16())
        assert torch.equal(tensor_of(stored(tensor_of(rounded))), each.bfloat16())


@vectorised
def round_all(values: Stored, out: Stored) -> None:
    for i in range(len(values)):
        store(out, i, values[i])
