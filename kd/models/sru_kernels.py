"""The SRU recurrence and its gradient on the CPU, float32: the equations and layouts of `sru_reference`, fused.

A kernel walks the frames of one (clip, direction) at a time; each frame is a few loops over the d units, contiguous in
every array, with exp as a polynomial so that the whole loop is vector code. Forward keeps the cells and overwrites the
pre-activations of the gates with the gates themselves: backward evaluates no sigmoid. Sums over frames are taken per
clip and direction, in order, so gradients do not depend on the number of threads.

The exponential: exp(x) = 2^n · e^y with n = round(x / ln 2) and |y| ≤ ln 2 / 2; e^y − 1 by the degree-6 polynomial of
Cephes (`expf`). Sigmoid and tanh are within 2e-7 of their true values, relative.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kd.models.sru_inputs import RecurrenceInputs
from kd.models.vectorised import inlined, spread, vectorised

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
F32 = np.float32
TYPES: tuple[torch.dtype, ...] = (torch.float32,)


@inlined
def _exp_parts(x: np.float32) -> tuple[np.float32, np.float32]:
    """(e^y − 1, 2^n) with exp(x) = 2^n · e^y; x is clamped to ±87, NaN stays NaN."""
    x = F32(87.0) if x > F32(87.0) else x
    x = F32(-87.0) if x < F32(-87.0) else x
    shifted = x * F32(1.4426950408889634) + F32(12582912.0)  # 1.5 · 2^23: adding it rounds to a whole number
    n = shifted - F32(12582912.0)
    y = x - n * F32(0.693359375)
    y = y + n * F32(2.12194440e-4)
    p = F32(1.9875691500e-4)
    p = p * y + F32(1.3981999507e-3)
    p = p * y + F32(8.3334519073e-3)
    p = p * y + F32(4.1665795894e-2)
    p = p * y + F32(1.6666665459e-1)
    p = p * y + F32(5.0000001201e-1)
    power = np.int32((F32(shifted).view(np.int32) + np.int32(127)) << np.int32(23)).view(np.float32)
    return p * y * y + y, power


@inlined
def _sigmoid(x: np.float32) -> np.float32:
    less, power = _exp_parts(-x)
    return F32(1.0) / (F32(1.0) + (power + power * less))


@inlined
def _tanh(x: np.float32) -> np.float32:
    less, power = _exp_parts(F32(2.0) * x)
    e = power * less + (power - F32(1.0))  # exp(2x) − 1 without cancellation near 0
    return F32(1.0) - F32(2.0) / (e + F32(2.0)) if x > F32(1.0) else e / (e + F32(2.0))


@vectorised
def _forward(
    u: Floats,
    skip: Floats,
    slot: int,
    bias: Floats,
    peephole: Floats,
    mask: Bytes,
    scale: np.float32,
    with_tanh: bool,
    cells: Floats,
    out: Floats,
    start: int,
    stop: int,
) -> None:
    frames, directions, units = u.shape[1], u.shape[2], u.shape[4]
    masked = mask.size > 0
    zero = np.zeros(units, dtype=np.float32)
    for item in range(start, stop):
        b, d = item // directions, item % directions
        bf, br, vf, vr = bias[0, d], bias[1, d], peephole[0, d], peephole[1, d]
        before = zero
        for i in range(frames):
            t = i if d == 0 else frames - 1 - i
            c, h = cells[b, t, d], out[b, t, d]
            if masked and mask[b, t] == 0:
                for j in range(units):
                    c[j] = before[j]
                    h[j] = F32(0.0)
                before = c
                continue
            new, forget, reset, x = u[b, t, d, 0], u[b, t, d, 1], u[b, t, d, 2], skip[b, t, d, slot]
            for j in range(units):
                last = before[j]
                f = _sigmoid(forget[j] + bf[j] + vf[j] * last)
                forget[j] = f
                c[j] = f * last + (F32(1.0) - f) * new[j]
            for j in range(units):
                reset[j] = _sigmoid(reset[j] + br[j] + vr[j] * before[j])
            if with_tanh:
                for j in range(units):
                    r = reset[j]
                    h[j] = r * _tanh(c[j]) + (F32(1.0) - r) * (scale * x[j])
            else:
                for j in range(units):
                    r = reset[j]
                    h[j] = r * c[j] + (F32(1.0) - r) * (scale * x[j])
            before = c


@vectorised
def _backward(
    grad: Floats,
    u: Floats,
    skip: Floats,
    slot: int,
    peephole: Floats,
    mask: Bytes,
    scale: np.float32,
    with_tanh: bool,
    cells: Floats,
    du: Floats,
    dskip: Floats,
    dbias: Floats,
    dpeephole: Floats,
    start: int,
    stop: int,
) -> None:
    frames, directions, k, units = u.shape[1], u.shape[2], u.shape[3], u.shape[4]
    masked = mask.size > 0
    zero = np.zeros(units, dtype=np.float32)
    carried = np.empty(units, dtype=np.float32)
    for item in range(start, stop):
        b, d = item // directions, item % directions
        vf, vr = peephole[0, d], peephole[1, d]
        dbf, dbr, dvf, dvr = dbias[b, 0, d], dbias[b, 1, d], dpeephole[b, 0, d], dpeephole[b, 1, d]
        for j in range(units):
            carried[j] = dbf[j] = dbr[j] = dvf[j] = dvr[j] = F32(0.0)
        for i in range(frames - 1, -1, -1):
            t = i if d == 0 else frames - 1 - i
            dx = dskip[b, t, d, slot]
            if masked and mask[b, t] == 0:
                for j in range(units):
                    dx[j] = F32(0.0)
                for row in range(k):
                    zeroed = du[b, t, d, row]
                    for j in range(units):
                        zeroed[j] = F32(0.0)
                continue
            before = zero if i == 0 else cells[b, t - 1 if d == 0 else t + 1, d]
            c, dh, x = cells[b, t, d], grad[b, t, d], skip[b, t, d, slot]
            new, forget, reset = u[b, t, d, 0], u[b, t, d, 1], u[b, t, d, 2]
            dnew, dforget, dreset = du[b, t, d, 0], du[b, t, d, 1], du[b, t, d, 2]
            if with_tanh:
                for j in range(units):
                    r, e = reset[j], dh[j]
                    g = _tanh(c[j])
                    dx[j] = e * (F32(1.0) - r) * scale
                    dreset[j] = e * (g - scale * x[j]) * r * (F32(1.0) - r)
                    carried[j] += e * r * (F32(1.0) - g * g)
            else:
                for j in range(units):
                    r, e = reset[j], dh[j]
                    dx[j] = e * (F32(1.0) - r) * scale
                    dreset[j] = e * (c[j] - scale * x[j]) * r * (F32(1.0) - r)
                    carried[j] += e * r
            for j in range(units):
                f, dc, last = forget[j], carried[j], before[j]
                dnew[j] = dc * (F32(1.0) - f)
                df = dc * (last - new[j]) * f * (F32(1.0) - f)
                dforget[j] = df
                carried[j] = dc * f + df * vf[j] + dreset[j] * vr[j]
                dbf[j] += df
                dvf[j] += df * last
            for j in range(units):
                dbr[j] += dreset[j]
                dvr[j] += dreset[j] * before[j]


def forward(given: RecurrenceInputs) -> tuple[Tensor, Tensor]:
    """(cells, h), both (batch, frames, directions, d). The gates of `u` are overwritten by their activations."""
    u, skip = given.u, given.skip
    batch, frames, directions, _, units = u.shape
    cells = u.new_empty((batch, frames, directions, units))
    out = torch.empty_like(cells)
    gates, x, b, c, h = u.numpy(), skip.numpy(), given.bias.numpy(), cells.numpy(), out.numpy()
    v, real, slot, alpha = _peephole(given), _mask(given.mask), skip.shape[3] - 1, np.float32(given.scale)

    def work(start: int, stop: int) -> None:
        _forward(gates, x, slot, b, v, real, alpha, given.with_tanh, c, h, start, stop)

    spread(work, items=batch * directions)
    return cells, out


def backward(given: RecurrenceInputs, *, grad: Tensor, cells: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """Gradients of (u before its gates were overwritten, skip, bias per clip, peephole per clip).

    grad (batch, frames, directions, d); given and cells as `forward` had and left them. The gradient of skip is that of
    `u` itself where k = 4. Bias and peephole come as (batch, 2, directions, d), to be summed over clips in order.
    """
    u, skip = given.u, given.skip
    batch, _, directions, k, units = u.shape
    du = torch.empty_like(u)
    dskip = du if k == 4 else torch.empty_like(skip)
    dbias = u.new_empty((batch, 2, directions, units))
    dpeephole = torch.empty_like(dbias)
    e, gates, x, c = grad.numpy(), u.numpy(), skip.numpy(), cells.numpy()
    v, real, slot, alpha = _peephole(given), _mask(given.mask), skip.shape[3] - 1, np.float32(given.scale)
    results = (du.numpy(), dskip.numpy(), dbias.numpy(), dpeephole.numpy())

    def work(start: int, stop: int) -> None:
        _backward(e, gates, x, slot, v, real, alpha, given.with_tanh, c, *results, start, stop)

    spread(work, items=batch * directions)
    return du, dskip, dbias, None if given.peephole is None else dpeephole


def _peephole(given: RecurrenceInputs) -> Floats:
    values: Floats = (torch.zeros_like(given.bias) if given.peephole is None else given.peephole).numpy()
    return values


def _mask(mask: Tensor | None) -> Bytes:
    return np.empty((0, 0), dtype=np.uint8) if mask is None else mask.numpy()
