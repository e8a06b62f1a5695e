"""The SRU recurrence, step by step in plain torch operations: obvious, slow, and the measure of the fast kernels.

Version 1 (Lei and Zhang, arXiv 1709.02755v1), with σ the logistic function and ⊙ element by element:

    x~_t = W x_t
    f_t  = σ(W_f x_t + b_f)
    r_t  = σ(W_r x_t + b_r)
    c_t  = f_t ⊙ c_{t-1} + (1 − f_t) ⊙ x~_t
    h_t  = r_t ⊙ g(c_t) + (1 − r_t) ⊙ x'_t          x'_t = x_t, or W_x x_t where the sizes differ

Version 2 (the same authors, 1709.02755v5, code since August 2018) lets the gates see the cell and scales the skip:

    f_t  = σ(W_f x_t + v_f ⊙ c_{t-1} + b_f)
    r_t  = σ(W_r x_t + v_r ⊙ c_{t-1} + b_r)
    h_t  = r_t ⊙ g(c_t) + (1 − r_t) ⊙ α x'_t

Layouts, the kernels' too (Deviation: the authors keep the k products of a unit together, here each product is a
contiguous row of d units, so that a step runs over units with vector instructions):

    projected  (batch, frames, directions, k, d)   k = 3: x~, forget, reset; k = 4: and the projected skip
    skip       (batch, frames, directions, d)      the input itself, cut into directions; None with k = 4
    bias       (2, directions, d)                  forget, reset
    peephole   (2, directions, d)                  v_f, v_r; None in version 1
    mask       (batch, frames)                     True where the frame is real; None: all are
    result     (batch, frames, directions · d)     forward direction first

Direction 0 walks t = 0..T−1, direction 1 walks t = T−1..0. At a frame that is not real the cell stays and h is 0.
"""

from __future__ import annotations

import torch
from torch import Tensor

TYPES: tuple[torch.dtype, ...] = (torch.float32, torch.float64)


def recurrence(
    *,
    projected: Tensor,
    skip: Tensor | None,
    bias: Tensor,
    peephole: Tensor | None = None,
    mask: Tensor | None = None,
    activation: str = "tanh",
    scale: float = 1.0,
) -> Tensor:
    """h of every frame, (batch, frames, directions · d); differentiable by autograd. `scale` is α."""
    batch, frames, directions, k, units = projected.shape
    if frames == 0 or directions == 0:
        return projected[:, :, :, 0].flatten(2)
    outputs = []
    for direction in range(directions):
        cell = projected.new_zeros(batch, units)
        steps: list[Tensor] = [cell] * frames
        for t in range(frames) if direction == 0 else range(frames - 1, -1, -1):
            u = projected[:, t, direction]
            x = u[:, 3] if k == 4 else _given(skip)[:, t, direction]
            new, h = step(
                u=u[:, :3],
                x=x,
                cell=cell,
                bias=bias[:, direction],
                peephole=None if peephole is None else peephole[:, direction],
                activation=activation,
                scale=scale,
            )
            if mask is None:
                cell, steps[t] = new, h
            else:
                real = mask[:, t].bool().unsqueeze(1)
                cell, steps[t] = torch.where(real, new, cell), torch.where(real, h, torch.zeros_like(h))
        outputs.append(torch.stack(steps, dim=1))
    return torch.cat(outputs, dim=2)


def step(
    *, u: Tensor, x: Tensor, cell: Tensor, bias: Tensor, peephole: Tensor | None, activation: str, scale: float
) -> tuple[Tensor, Tensor]:
    """One frame in one direction: u (batch, 3, d), x and cell (batch, d), bias and peephole (2, d) → (cell, h)."""
    forget, reset = u[:, 1] + bias[0], u[:, 2] + bias[1]
    if peephole is not None:
        forget, reset = forget + peephole[0] * cell, reset + peephole[1] * cell
    f, r = torch.sigmoid(forget), torch.sigmoid(reset)
    new = f * cell + (1 - f) * u[:, 0]
    g = torch.tanh(new) if activation == "tanh" else new
    return new, r * g + (1 - r) * (scale * x)


def _given(skip: Tensor | None) -> Tensor:
    if skip is None:
        raise ValueError("k = 3 needs the skip")
    return skip
