"""Batch normalisation, ReLU and max-pooling over frequency in two passes over memory, and its gradient in two more.

For the CPU. Maps are channels-last arrays (clips, frames, bins, channels), float32 or bfloat16 (see `halves`); all else
is float32. Every loop runs over channels, contiguous, as vector code. What limits these kernels is memory: forward reads
the map twice (statistics, values), backward twice (sums, values), and nothing but the map itself is kept.

    y = relu(max_q (a ⊙ (x_q − μ) + β))           q over the `pool` neighbouring bins; bins left over are dropped

Rows are summed in float32, one row being a frame of a clip; rows are then combined in float64, in order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kd.models.halves import Stored, load, store
from kd.models.vectorised import spread, vectorised

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
F32 = np.float32


@vectorised
def _row_moments(x: Stored, mean: Floats, squares: Floats, start: int, stop: int) -> None:
    _, frames, bins, channels = x.shape
    inverse = F32(1.0) / F32(bins)
    for row in range(start, stop):
        values, m, s = x[row // frames, row % frames], mean[row], squares[row]
        for c in range(channels):
            m[c] = s[c] = F32(0.0)
        for f in range(bins):
            v = values[f]
            for c in range(channels):
                m[c] += load(v[c])
        for c in range(channels):
            m[c] *= inverse
        for f in range(bins):
            v = values[f]
            for c in range(channels):
                a = load(v[c]) - m[c]
                s[c] += a * a


@vectorised
def _forward(x: Stored, gain: Floats, mean: Floats, shift: Floats, pool: int, y: Stored, start: int, stop: int) -> None:
    frames, out_bins, channels = y.shape[1], y.shape[2], y.shape[3]
    best = np.empty(channels, dtype=np.float32)
    for row in range(start, stop):
        values, result = x[row // frames, row % frames], y[row // frames, row % frames]
        for f in range(out_bins):
            out = result[f]
            if pool == 1:
                v = values[f]
                for c in range(channels):
                    z = gain[c] * (load(v[c]) - mean[c]) + shift[c]
                    z = z if (z > F32(0.0)) | (z != z) else F32(0.0)  # noqa: PLR0124 (NaN passes)
                    store(out, c, z)
                continue
            for c in range(channels):
                best[c] = F32(0.0)
            for q in range(pool):
                v = values[f * pool + q]
                for c in range(channels):
                    z = gain[c] * (load(v[c]) - mean[c]) + shift[c]
                    top = best[c]
                    best[c] = z if (z > top) | (z != z) else top  # noqa: PLR0124
            for c in range(channels):
                store(out, c, best[c])


@vectorised
def _gate(
    values: Stored, dy: Stored, gain: Floats, mean: Floats, shift: Floats, first: int, pool: int, dz: Floats
) -> None:
    """dz[:pool]: dy where the bin is the first largest of its group and positive, else 0. The two rows after are scratch."""
    channels = dy.shape[0]
    best, taken = dz[pool], dz[pool + 1]
    for c in range(channels):
        best[c] = F32(0.0)
    for q in range(pool):
        v = values[first + q]
        for c in range(channels):
            z = gain[c] * (load(v[c]) - mean[c]) + shift[c]
            top = best[c]
            best[c] = z if z > top else top
    for c in range(channels):
        g = load(dy[c])
        taken[c] = g if best[c] > F32(0.0) else F32(0.0)
    for q in range(pool):
        v, d = values[first + q], dz[q]
        for c in range(channels):
            z = gain[c] * (load(v[c]) - mean[c]) + shift[c]
            left = taken[c]
            kept = left if z < best[c] else F32(0.0)  # what later bins may still take
            taken[c] = kept
            d[c] = left - kept


@vectorised
def _sums(
    dy: Stored,
    x: Stored,
    gain: Floats,
    mean: Floats,
    shift: Floats,
    pool: int,
    total: Doubles,
    product: Doubles,
    start: int,
    stop: int,
) -> None:
    frames, out_bins, channels = dy.shape[1], dy.shape[2], dy.shape[3]
    dz = np.empty((pool + 2, channels), dtype=np.float32)
    sums, products = np.empty(channels, dtype=np.float32), np.empty(channels, dtype=np.float32)
    for b in range(start, stop):
        for c in range(channels):
            total[b, c] = product[b, c] = 0.0
        for t in range(frames):
            for c in range(channels):
                sums[c] = products[c] = F32(0.0)
            values = x[b, t]
            for f in range(out_bins):
                if pool == 1 and f % 2 == 1:
                    continue  # went with the bin before
                g = dy[b, t, f]
                if pool == 1 and f + 1 < out_bins:
                    h, v, w = dy[b, t, f + 1], values[f], values[f + 1]
                    for c in range(channels):
                        ga, gb, a, b2 = load(g[c]), load(h[c]), load(v[c]) - mean[c], load(w[c]) - mean[c]
                        ga = ga if gain[c] * a + shift[c] > F32(0.0) else F32(0.0)
                        gb = gb if gain[c] * b2 + shift[c] > F32(0.0) else F32(0.0)
                        sums[c] += ga + gb
                        products[c] += ga * a + gb * b2
                    continue
                if pool == 2:
                    v, w = values[2 * f], values[2 * f + 1]
                    for c in range(channels):
                        gc, a, b2 = load(g[c]), load(v[c]) - mean[c], load(w[c]) - mean[c]
                        za, zb = gain[c] * a + shift[c], gain[c] * b2 + shift[c]
                        top = zb if za < zb else za
                        best = b2 if za < zb else a
                        gc = gc if top > F32(0.0) else F32(0.0)
                        sums[c] += gc
                        products[c] += gc * best
                    continue
                _gate(values, g, gain, mean, shift, f * pool, pool, dz)
                for q in range(pool):
                    v, d = values[f * pool + q], dz[q]
                    for c in range(channels):
                        sums[c] += d[c]
                        products[c] += d[c] * (load(v[c]) - mean[c])
            for c in range(channels):
                total[b, c] += sums[c]
                product[b, c] += products[c]


@vectorised
def _backward(
    dy: Stored,
    x: Stored,
    gain: Floats,
    mean: Floats,
    shift: Floats,
    slope: Floats,
    offset: Floats,
    pool: int,
    dx: Stored,
    start: int,
    stop: int,
) -> None:
    frames, out_bins, channels = dy.shape[1], dy.shape[2], dy.shape[3]
    bins = x.shape[2]
    dz = np.empty((pool + 2, channels), dtype=np.float32)
    for row in range(start, stop):
        b, t = row // frames, row % frames
        values, result = x[b, t], dx[b, t]
        for f in range(out_bins):
            if pool == 1 and f % 2 == 1:
                continue  # went with the bin before
            g = dy[b, t, f]
            if pool == 1 and f + 1 < out_bins:
                h, v, w, left, right = dy[b, t, f + 1], values[f], values[f + 1], result[f], result[f + 1]
                for c in range(channels):
                    ga, gb, a, b2 = load(g[c]), load(h[c]), load(v[c]) - mean[c], load(w[c]) - mean[c]
                    ga = ga if gain[c] * a + shift[c] > F32(0.0) else F32(0.0)
                    gb = gb if gain[c] * b2 + shift[c] > F32(0.0) else F32(0.0)
                    store(left, c, gain[c] * ga + slope[c] * a + offset[c])
                    store(right, c, gain[c] * gb + slope[c] * b2 + offset[c])
                continue
            if pool == 2:
                v, w, left, right = values[2 * f], values[2 * f + 1], result[2 * f], result[2 * f + 1]
                for c in range(channels):
                    gc, a, b2 = load(g[c]), load(v[c]) - mean[c], load(w[c]) - mean[c]
                    za, zb = gain[c] * a + shift[c], gain[c] * b2 + shift[c]
                    top = zb if za < zb else za
                    gc = gain[c] * gc if top > F32(0.0) else F32(0.0)
                    ga = F32(0.0) if za < zb else gc
                    store(left, c, ga + slope[c] * a + offset[c])
                    store(right, c, (gc - ga) + slope[c] * b2 + offset[c])
                continue
            _gate(values, g, gain, mean, shift, f * pool, pool, dz)
            for q in range(pool):
                v, d, out = values[f * pool + q], dz[q], result[f * pool + q]
                for c in range(channels):
                    store(out, c, gain[c] * d[c] + slope[c] * (load(v[c]) - mean[c]) + offset[c])
        for f in range(out_bins * pool, bins):
            v, out = values[f], result[f]
            for c in range(channels):
                store(out, c, slope[c] * (load(v[c]) - mean[c]) + offset[c])


def moments(*, x: Stored) -> tuple[Doubles, Doubles]:
    """Mean and biased variance of each channel, (channels,), of x (clips, frames, bins, channels)."""
    clips, frames, bins, channels = x.shape
    rows = clips * frames
    mean, squares = np.empty((rows, channels), dtype=np.float32), np.empty((rows, channels), dtype=np.float32)
    spread(lambda start, stop: _row_moments(x, mean, squares, start, stop), items=rows)
    centre = mean.mean(axis=0, dtype=np.float64)
    between = np.square(mean - centre).mean(axis=0)
    return centre, squares.sum(axis=0, dtype=np.float64) / (rows * bins) + between


def forward(*, x: Stored, gain: Floats, mean: Floats, shift: Floats, pool: int) -> Stored:
    """y (clips, frames, bins // pool, channels)."""
    clips, frames, bins, channels = x.shape
    y = np.empty((clips, frames, bins // pool, channels), dtype=x.dtype)
    spread(lambda start, stop: _forward(x, gain, mean, shift, pool, y, start, stop), items=clips * frames)
    return y


def sums(*, dy: Stored, x: Stored, gain: Floats, mean: Floats, shift: Floats, pool: int) -> tuple[Doubles, Doubles]:
    """Σ dz and Σ dz ⊙ (x − μ), each (channels,), where dz is dy led back through pooling and ReLU."""
    total = np.empty((x.shape[0], x.shape[3]), dtype=np.float64)
    product = np.empty_like(total)
    spread(lambda start, stop: _sums(dy, x, gain, mean, shift, pool, total, product, start, stop), items=x.shape[0])
    return total.sum(axis=0), product.sum(axis=0)


def backward(
    *, dy: Stored, x: Stored, gain: Floats, mean: Floats, shift: Floats, slope: Floats, offset: Floats, pool: int
) -> Stored:
    """dx = gain ⊙ dz + slope ⊙ (x − μ) + offset, with the shape of x."""
    dx = np.empty_like(x)
    items = x.shape[0] * x.shape[1]
    spread(lambda start, stop: _backward(dy, x, gain, mean, shift, slope, offset, pool, dx, start, stop), items=items)
    return dx
