"""The SRU recurrence and its gradient on CUDA devices, in Triton: the equations and layouts of `sru_reference`, fused.

One program walks the frames of one (clip, direction, block of units) in order, with the cell, or its gradient and the
sums over frames, in registers; both directions run in one launch. Forward keeps the cells and leaves `u` as it was;
backward computes the gates again from the two: that saves writing and reading them.

u and the skip are float32 or bfloat16; h and the gradients of u and skip are stored as they are, which in bfloat16 is one
rounding of each (2^-8, relative). Arithmetic, cells, and the gradients of bias and peephole are float32.

Sums over frames are taken per clip in the order of the walk, then over clips by torch: no atomics, so a gradient is the
same on every call.

tanh: odd polynomial to x^9 below 0.25, else (1 − e)/(1 + e) with e = exp(−2|x|): within 1e-6 of its value, relative.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from kd.models.sru_inputs import RecurrenceInputs

triton: Any = importlib.import_module("triton")
tl: Any = importlib.import_module("triton.language")

if TYPE_CHECKING:
    constexpr = int
    Value = Any
else:  # what Triton lets an annotation of a kernel name
    constexpr = tl.constexpr
    Value = tl.tensor

TYPES: tuple[torch.dtype, ...] = (torch.float32, torch.bfloat16)
BLOCK = 64  # units of a program: two a lane of its one warp, so that bfloat16 is copied in words of 32 bits too
AHEAD = 8  # frames under way at a time: u, skip, grad and cells are asked for 7 frames before they are used


def _compiled(function: Callable[..., Any]) -> Any:
    return triton.jit(function)


@_compiled
def _read(place: Value, here: Value) -> Value:
    return tl.load(place, mask=here, other=0.0).to(tl.float32)


@_compiled
def _tanh(x: Value) -> Value:
    square = x * x
    series = x + x * square * (-1 / 3 + square * (2 / 15 + square * (-17 / 315 + square * (62 / 2835))))
    e = tl.exp(-2.0 * tl.abs(x))
    size = (1.0 - e) / (1.0 + e)
    return tl.where(tl.abs(x) < 0.25, series, tl.where(x < 0.0, -size, size))


@_compiled
def _forward(
    u: Value,
    skip: Value,
    bias: Value,
    peephole: Value,
    mask: Value,
    cells: Value,
    out: Value,
    scale: Value,
    frames: Value,
    units: Value,
    directions: constexpr,
    k: constexpr,
    slots: constexpr,
    with_tanh: constexpr,
    sees_cell: constexpr,
    masked: constexpr,
    block: constexpr,
    ahead: constexpr,
) -> None:
    b, d = (tl.program_id(0) // directions).to(tl.int64), tl.program_id(0) % directions
    j = tl.program_id(1) * block + tl.arange(0, block)
    here = j < units
    bf, br = _read(bias + d * units + j, here), _read(bias + (directions + d) * units + j, here)
    if sees_cell:
        vf, vr = _read(peephole + d * units + j, here), _read(peephole + (directions + d) * units + j, here)
    cell = tl.zeros([block], dtype=tl.float32)
    for i in tl.range(0, frames, num_stages=ahead):
        frame = b * frames + (i if d == 0 else frames - 1 - i)
        row = frame * directions + d
        new = _read(u + row * k * units + j, here)
        forget = _read(u + (row * k + 1) * units + j, here) + bf
        reset = _read(u + (row * k + 2) * units + j, here) + br
        x = scale * _read(skip + (row * slots + slots - 1) * units + j, here)
        if sees_cell:
            forget += vf * cell
            reset += vr * cell
        f, r = tl.sigmoid(forget), tl.sigmoid(reset)
        c = f * cell + (1.0 - f) * new
        g = _tanh(c) if with_tanh else c
        h = r * g + (1.0 - r) * x
        if masked:
            real = tl.load(mask + frame) != 0
            c, h = tl.where(real, c, cell), tl.where(real, h, 0.0)
        tl.store(cells + row * units + j, c, mask=here)
        tl.store(out + row * units + j, h, mask=here)
        cell = c


@_compiled
def _backward(
    grad: Value,
    u: Value,
    skip: Value,
    bias: Value,
    peephole: Value,
    mask: Value,
    cells: Value,
    du: Value,
    dskip: Value,
    dbias: Value,
    dpeephole: Value,
    scale: Value,
    frames: Value,
    units: Value,
    directions: constexpr,
    k: constexpr,
    slots: constexpr,
    with_tanh: constexpr,
    sees_cell: constexpr,
    masked: constexpr,
    block: constexpr,
    ahead: constexpr,
) -> None:
    b, d = (tl.program_id(0) // directions).to(tl.int64), tl.program_id(0) % directions
    j = tl.program_id(1) * block + tl.arange(0, block)
    here = j < units
    bf, br = _read(bias + d * units + j, here), _read(bias + (directions + d) * units + j, here)
    zero = tl.zeros([block], dtype=tl.float32)
    carried, dbf, dbr, dvf, dvr = zero, zero, zero, zero, zero
    if sees_cell:
        vf, vr = _read(peephole + d * units + j, here), _read(peephole + (directions + d) * units + j, here)
    for i in tl.range(0, frames, num_stages=ahead):
        frame = b * frames + (frames - 1 - i if d == 0 else i)
        row = frame * directions + d
        earlier = row - directions if d == 0 else row + directions
        new = _read(u + row * k * units + j, here)
        forget = _read(u + (row * k + 1) * units + j, here) + bf
        reset = _read(u + (row * k + 2) * units + j, here) + br
        x = scale * _read(skip + (row * slots + slots - 1) * units + j, here)
        dh, c = _read(grad + row * units + j, here), _read(cells + row * units + j, here)
        last = _read(cells + earlier * units + j, here & (i < frames - 1))
        if sees_cell:
            forget += vf * last
            reset += vr * last
        f, r = tl.sigmoid(forget), tl.sigmoid(reset)
        g = _tanh(c) if with_tanh else c
        dc = carried + (dh * r * (1.0 - g * g) if with_tanh else dh * r)
        dx = dh * (1.0 - r) * scale
        dreset = dh * (g - x) * r * (1.0 - r)
        dnew = dc * (1.0 - f)
        dforget = dc * (last - new) * f * (1.0 - f)
        back = dc * f
        if sees_cell:
            back += dforget * vf + dreset * vr
        if masked:
            real = tl.load(mask + frame) != 0
            dx, dreset = tl.where(real, dx, 0.0), tl.where(real, dreset, 0.0)
            dnew, dforget = tl.where(real, dnew, 0.0), tl.where(real, dforget, 0.0)
            back = tl.where(real, back, carried)
        carried = back
        dbf, dbr = dbf + dforget, dbr + dreset
        if sees_cell:
            dvf, dvr = dvf + dforget * last, dvr + dreset * last
        tl.store(du + row * k * units + j, dnew, mask=here)
        tl.store(du + (row * k + 1) * units + j, dforget, mask=here)
        tl.store(du + (row * k + 2) * units + j, dreset, mask=here)
        tl.store(dskip + (row * slots + slots - 1) * units + j, dx, mask=here)
    sums = (b * 2 * directions + d) * units + j
    tl.store(dbias + sums, dbf, mask=here)
    tl.store(dbias + sums + directions * units, dbr, mask=here)
    if sees_cell:
        tl.store(dpeephole + sums, dvf, mask=here)
        tl.store(dpeephole + sums + directions * units, dvr, mask=here)


def forward(given: RecurrenceInputs) -> tuple[Tensor, Tensor]:
    """(cells, h), both (batch, frames, directions, d): cells float32, h of the type of u."""
    u, skip, bias, peephole, mask = given.u, given.skip, given.bias, given.peephole, given.mask
    batch, frames, directions, k, units = u.shape
    cells = torch.empty((batch, frames, directions, units), dtype=torch.float32, device=u.device)
    out = torch.empty_like(cells, dtype=u.dtype)
    block = _block(units)
    with torch.cuda.device_of(u):  # type: ignore[no-untyped-call]
        _forward[batch * directions, triton.cdiv(units, block)](
            u,
            skip,
            bias,
            bias if peephole is None else peephole,
            bias if mask is None else mask,
            cells,
            out,
            given.scale,
            frames,
            units,
            directions=directions,
            k=k,
            slots=skip.shape[3],
            with_tanh=given.with_tanh,
            sees_cell=peephole is not None,
            masked=mask is not None,
            block=block,
            ahead=AHEAD,
            num_warps=1,
        )
    return cells, out


def backward(given: RecurrenceInputs, *, grad: Tensor, cells: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """Gradients of (u, skip, bias per clip, peephole per clip).

    grad (batch, frames, directions, d); given and cells as `forward` had and made them. The gradient of skip is that of
    `u` itself where k = 4. Bias and peephole come as (batch, 2, directions, d), to be summed over clips.
    """
    u, skip, bias, peephole, mask = given.u, given.skip, given.bias, given.peephole, given.mask
    batch, frames, directions, k, units = u.shape
    du = torch.empty_like(u)
    dskip = du if k == 4 else torch.empty_like(skip)
    dbias = torch.empty((batch, 2, directions, units), dtype=torch.float32, device=u.device)
    dpeephole = None if peephole is None else torch.empty_like(dbias)
    block = _block(units)
    with torch.cuda.device_of(u):  # type: ignore[no-untyped-call]
        _backward[batch * directions, triton.cdiv(units, block)](
            grad,
            u,
            skip,
            bias,
            bias if peephole is None else peephole,
            bias if mask is None else mask,
            cells,
            du,
            dskip,
            dbias,
            dbias if dpeephole is None else dpeephole,
            given.scale,
            frames,
            units,
            directions=directions,
            k=k,
            slots=skip.shape[3],
            with_tanh=given.with_tanh,
            sees_cell=peephole is not None,
            masked=mask is not None,
            block=block,
            ahead=AHEAD,
            num_warps=1,
        )
    return du, dskip, dbias, dpeephole


def _block(units: int) -> int:
    size: int = triton.next_power_of_2(units)
    return min(BLOCK, size)
