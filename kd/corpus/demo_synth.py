"""The building blocks of the demo's sounds: wavetables, shaped noise, struck modes, envelopes.

Signals are float32 arrays (samples,) at RATE Hz; every random choice comes from the generator passed in.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

RATE = 16_000
Signal = NDArray[np.float32]
Rng = np.random.Generator
_TABLE = 4096


def samples(seconds: float) -> int:
    """A length in samples, at least one."""
    return max(1, round(seconds * RATE))


def periodic(pitch: "NDArray[np.floating[Any]] | float", n: int, amplitudes: Signal, rng: Rng) -> Signal:
    """A harmonic tone (n,): pitch in Hz, constant or (n,); amplitudes (harmonics,) from the first, phases random.

    One look-up in a table of one period costs the same for one harmonic as for fifty.
    """
    spectrum = np.zeros(_TABLE // 2 + 1, np.complex64)
    turns = np.exp(2j * np.pi * rng.random(len(amplitudes)))
    spectrum[1 : len(amplitudes) + 1] = amplitudes * turns
    table = scipy.fft.irfft(spectrum, _TABLE) * _TABLE
    track = np.broadcast_to(np.asarray(pitch, np.float64), (n,))
    phase = np.cumsum(track) * (_TABLE / RATE) + rng.random() * _TABLE
    return np.asarray(table[phase.astype(np.int64) & (_TABLE - 1)], np.float32)


def harmonics(pitch: float, gain: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Signal:
    """Amplitudes (harmonics,) of a tone whose highest pitch is given: gain(frequency in Hz) below 7.6 kHz."""
    frequencies = np.float64(pitch) * np.arange(1, max(2, int(7600 / pitch) + 1))
    return gain(frequencies).astype(np.float32)


def formants(*peaks: float, tilt: float = 1.0) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """A gain over frequency: resonances at the peaks (Hz), 10 % wide, falling as frequency to the power -tilt."""

    def gain(f: NDArray[np.float64]) -> NDArray[np.float64]:
        resonances = sum(0.6**i / (1 + ((f - p) / (0.1 * p + 40)) ** 2) for i, p in enumerate(peaks))
        return np.asarray((resonances + 0.01) * (f / 200.0) ** -tilt)

    return gain


def noise(
    rng: Rng, n: int, *, low: float, high: float, tilt: float = 0.0, bumps: int = 0, floor: float = 0.0
) -> Signal:
    """Noise (n,) of unit RMS between low and high Hz, its amplitude falling as frequency to the power -tilt.

    bumps: how many broad random peaks colour it; floor: the level of white noise under it.
    """
    size = int(scipy.fft.next_fast_len(n, real=True))
    f = np.linspace(0, RATE / 2, 1025)
    gain = np.maximum(f, 20.0) ** -tilt / ((1 + (low / np.maximum(f, 1.0)) ** 4) * (1 + (f / high) ** 6))
    for _ in range(bumps):
        centre, width, height = rng.uniform(150, 6000), rng.uniform(0.1, 0.4), rng.uniform(0.5, 2.5)
        gain *= 1 + height * np.exp(-(((f - centre) / (width * centre)) ** 2))
    gain = np.sqrt(gain**2 + floor**2 * np.mean(gain**2))
    spectrum = rng.standard_normal((size // 2 + 1, 2), np.float32).view(np.complex64)[:, 0]
    spectrum *= np.interp(np.linspace(0, 1024, len(spectrum)), np.arange(1025), gain).astype(np.float32)
    return unit(scipy.fft.irfft(spectrum, size)[:n])


def wobble(rng: Rng, n: int, rate: float) -> Signal:
    """A slow random curve (n,) of about unit deviation that changes `rate` times a second, in steps of half a ms."""
    knots = max(4, int(n / RATE * rate) + 3)
    places = np.linspace(0, knots - 1, n // 8 + 1)
    coarse = np.interp(places, np.arange(knots), rng.standard_normal(knots)).astype(np.float32)
    return np.repeat(coarse, 8)[:n]


def modes(rng: Rng, *, count: int, low: float, high: float, decay: float, seconds: float) -> Signal:
    """What a struck object rings like: `count` inharmonic partials, each dying away in about `decay` seconds."""
    t = np.arange(samples(seconds), dtype=np.float32) / RATE
    pitches = np.exp(rng.uniform(np.log(low), np.log(high), count)).astype(np.float32)
    rates = (rng.uniform(0.6, 1.6, count) / decay).astype(np.float32)
    strengths = rng.uniform(0.3, 1.0, count).astype(np.float32)
    tones = np.sin(2 * np.pi * pitches[:, None] * t + rng.uniform(0, 6.28, (count, 1)).astype(np.float32))
    return np.asarray((strengths[:, None] * np.exp(-rates[:, None] * t) * tones).sum(0), np.float32)


def add(into: Signal, piece: Signal, start: int) -> None:
    """Add a piece at a place; what sticks out of the end is lost."""
    stop = min(len(into), start + len(piece))
    into[start:stop] += piece[: max(0, stop - start)]


def curve(n: int, *points: tuple[float, float]) -> Signal:
    """Straight lines (n,) through (place from 0 to 1, value) points."""
    places, values = zip(*points, strict=True)
    return np.asarray(np.interp(np.linspace(0, 1, n), places, values), np.float32)


def faded(x: Signal, seconds: float) -> Signal:
    """The signal with straight fades at both ends."""
    n = min(samples(seconds), len(x) // 2)
    if n:
        ramp = np.linspace(0, 1, n, dtype=np.float32)
        x[:n] *= ramp
        x[-n:] *= ramp[::-1]
    return x


def unit(x: Signal) -> Signal:
    """The signal at an RMS of one; silence stays silent."""
    level = float(np.sqrt(np.dot(x, x) / len(x)))
    return x / np.float32(level) if level > 1e-9 else x
