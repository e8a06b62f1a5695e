"""The first layer in one pass: convolution of one channel, batch normalisation, ReLU, max-pooling; for the CPU.

The input is float32; the result and its gradient are float32 or bfloat16 (see `halves`).

Each value of the convolution is a sum of K = height · width products, cheaper to compute again than to read: the map of
the convolution, the largest of a model, is never stored. What batch normalisation needs of it follows from the mean m
and the covariance Σ of the K inputs under the filter: channel c has mean w_c·m and variance w_cᵀ Σ w_c, exactly.

    patch_k(t, f) = x[t + i, f + j]               k = i · width + j, x already padded
    y = relu(max_q (Σ_k w'_k ⊙ patch_k(t, q) + shift))        w' = the weights with the normalisation's gain folded in
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kd.models.halves import Stored, load, store
from kd.models.vectorised import spread, vectorised

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
F32 = np.float32


@vectorised
def _covariance(x: Floats, height: int, width: int, total: Doubles, product: Doubles, start: int, stop: int) -> None:
    """Per clip: Σ patch_k and Σ patch_k patch_l over all places of the filter."""
    frames, bins = x.shape[1] - height + 1, x.shape[2] - width + 1
    taps = height * width
    for b in range(start, stop):
        for k in range(taps):
            total[b, k] = 0.0
            for m in range(taps):
                product[b, k, m] = 0.0
        for t in range(frames):
            for k in range(taps):
                left = x[b, t + k // width]
                j = k % width
                total_row = 0.0
                for f in range(bins):
                    total_row += left[f + j]
                total[b, k] += total_row
                for m in range(k + 1):
                    right = x[b, t + m // width]
                    n = m % width
                    row = 0.0
                    for f in range(bins):
                        row += np.float64(left[f + j]) * np.float64(right[f + n])
                    product[b, k, m] += row
        for k in range(taps):
            for m in range(k):
                product[b, m, k] = product[b, k, m]


@lru_cache
def _kernels(height: int, width: int, pool: int) -> tuple[Callable[..., None], Callable[..., None]]:
    """Forward and backward for one shape of filter: with its taps known, each loop over channels is one vector loop."""
    taps = height * width

    @vectorised
    def forward(x: Floats, weight: Floats, shift: Floats, y: Stored, start: int, stop: int) -> None:
        frames, out_bins, channels = y.shape[1], y.shape[2], y.shape[3]
        best = np.empty(channels, dtype=np.float32)
        for row in range(start, stop):
            b, t = row // frames, row % frames
            for f in range(out_bins):
                out = y[b, t, f]
                for c in range(channels):
                    best[c] = F32(0.0)
                for q in range(f * pool, f * pool + pool):
                    for c in range(channels):
                        z = shift[c]
                        for k in range(taps):
                            z += weight[k, c] * x[b, t + k // width, q + k % width]
                        top = best[c]
                        best[c] = z if (z > top) | (z != z) else top  # noqa: PLR0124 (NaN passes)
                for c in range(channels):
                    store(out, c, best[c])

    @vectorised
    def backward(
        dy: Stored, x: Floats, weight: Floats, shift: Floats, total: Doubles, product: Doubles, start: int, stop: int
    ) -> None:
        """Per clip: Σ dz and Σ dz patch_k, where dz is dy led back through pooling and ReLU."""
        frames, out_bins, channels = dy.shape[1], dy.shape[2], dy.shape[3]
        z = np.empty((pool, channels), dtype=np.float32)
        best, taken = np.empty(channels, dtype=np.float32), np.empty(channels, dtype=np.float32)
        sums, products = np.empty(channels, dtype=np.float32), np.empty((taps, channels), dtype=np.float32)
        for b in range(start, stop):
            for c in range(channels):
                total[b, c] = 0.0
                for k in range(taps):
                    product[b, k, c] = 0.0
            for t in range(frames):
                for c in range(channels):
                    sums[c] = F32(0.0)
                    for k in range(taps):
                        products[k, c] = F32(0.0)
                for f in range(out_bins):
                    g = dy[b, t, f]
                    for c in range(channels):
                        best[c] = F32(0.0)
                    for q in range(pool):
                        zq = z[q]
                        for c in range(channels):
                            new = shift[c]
                            for k in range(taps):
                                new += weight[k, c] * x[b, t + k // width, f * pool + q + k % width]
                            zq[c] = new
                            top = best[c]
                            best[c] = new if new > top else top
                    for c in range(channels):
                        dc = load(g[c])
                        dc = dc if best[c] > F32(0.0) else F32(0.0)
                        taken[c] = dc
                        sums[c] += dc
                    for q in range(pool):
                        zq = z[q]
                        for c in range(channels):
                            left = taken[c]
                            kept = left if zq[c] < best[c] else F32(0.0)  # what later bins may still take
                            taken[c] = kept
                            for k in range(taps):
                                products[k, c] += (left - kept) * x[b, t + k // width, f * pool + q + k % width]
                for c in range(channels):
                    total[b, c] += sums[c]
                    for k in range(taps):
                        product[b, k, c] += products[k, c]

    return forward, backward


def covariance(*, x: Floats, height: int, width: int) -> tuple[Doubles, Doubles, int]:
    """Mean (K,) and covariance (K, K) of the inputs under the filter, and the number of its places.

    x (clips, frames + height − 1, bins + width − 1), padded.
    """
    clips, taps = x.shape[0], height * width
    total, product = np.empty((clips, taps), dtype=np.float64), np.empty((clips, taps, taps), dtype=np.float64)
    spread(lambda start, stop: _covariance(x, height, width, total, product, start, stop), items=clips)
    count = clips * (x.shape[1] - height + 1) * (x.shape[2] - width + 1)
    mean = total.sum(axis=0) / count
    return mean, product.sum(axis=0) / count - np.outer(mean, mean), count


def forward(
    *, x: Floats, weight: Floats, shift: Floats, height: int, width: int, pool: int, dtype: type[np.generic]
) -> Stored:
    """y (clips, frames, bins // pool, channels), of `dtype`; weight (K, channels), shift (channels,), gain folded in."""
    frames, bins = x.shape[1] - height + 1, x.shape[2] - width + 1
    y = np.empty((x.shape[0], frames, bins // pool, weight.shape[1]), dtype=dtype)
    kernel, _ = _kernels(height, width, pool)
    spread(lambda start, stop: kernel(x, weight, shift, y, start, stop), items=x.shape[0] * frames)
    return y


def backward(
    *, dy: Stored, x: Floats, weight: Floats, shift: Floats, height: int, width: int, pool: int
) -> tuple[Doubles, Doubles]:
    """Σ dz (channels,) and Σ dz patch_k (K, channels); weight and shift as in `forward`."""
    clips, channels = x.shape[0], weight.shape[1]
    total = np.empty((clips, channels), dtype=np.float64)
    product = np.empty((clips, height * width, channels), dtype=np.float64)
    _, kernel = _kernels(height, width, pool)
    spread(lambda start, stop: kernel(dy, x, weight, shift, total, product, start, stop), items=clips)
    return total.sum(axis=0), product.sum(axis=0)
