"""Sounds of the demo that are none of its classes, and the backgrounds under everything."""

from collections.abc import Callable

import numpy as np

from kd.corpus.demo_synth import RATE, Rng, Signal, add, curve, faded, modes, noise, periodic, samples, unit, wobble


def siren(rng: Rng, seconds: float) -> Signal:
    """A tone that sweeps up and down between about 500 and 1400 Hz."""
    n = samples(min(seconds, rng.uniform(2, 6)))
    sweep = np.sin(2 * np.pi * rng.uniform(0.2, 0.8) * np.arange(n) / RATE)
    return unit(
        faded(periodic(rng.uniform(750, 1000) * (1 + 0.4 * sweep), n, np.array([1, 0.4, 0.2], np.float32), rng), 0.1)
    )


def bird(rng: Rng, seconds: float) -> Signal:
    """A row of chirps between 2.5 and 6 kHz."""
    out = np.zeros(samples(min(seconds, rng.uniform(0.5, 2.5))), np.float32)
    length, base = samples(rng.uniform(0.04, 0.15)), rng.uniform(2500, 5000)
    for start in range(0, len(out), int(length * rng.uniform(1.2, 2.2))):
        chirp = periodic(
            base * curve(length, (0, 1), (rng.uniform(0.2, 0.8), 1.2), (1, 0.9)), length, np.ones(1, np.float32), rng
        )
        add(out, faded(chirp, 0.01), start)
    return unit(out)


def ticks(rng: Rng, seconds: float) -> Signal:
    """A clock or a keyboard: dry clicks, 1.5 to 8 a second, evenly or not."""
    n = samples(min(seconds, rng.uniform(1, 6)))
    out, rate, loose = np.zeros(n, np.float32), rng.uniform(1.5, 8), rng.uniform(0, 0.4)
    click = modes(rng, count=5, low=600, high=5000, decay=0.006, seconds=0.04)
    for k in range(int(n / RATE * rate) + 1):
        add(out, click, min(n - 1, samples((k + loose * rng.random()) / rate)))
    return unit(out)


def notes(rng: Rng, seconds: float) -> Signal:
    """Plucked or struck notes of a scale, two to five a second."""
    n = samples(min(seconds, rng.uniform(1.5, 6)))
    out, root = np.zeros(n, np.float32), rng.uniform(130, 400)
    for start in range(0, n, samples(1 / rng.uniform(2, 5))):
        m = samples(0.6)
        pitch = root * 2 ** (rng.choice([0, 2, 4, 5, 7, 9, 11, 12]) / 12)
        tone = periodic(pitch, m, (0.6 ** np.arange(8)).astype(np.float32), rng)
        add(out, tone * np.exp(-np.arange(m, dtype=np.float32) / (0.15 * RATE)), start)
    return unit(out)


def wind(rng: Rng, seconds: float) -> Signal:
    """Gusts of low noise."""
    n = samples(seconds)
    return unit(faded(noise(rng, n, low=60, high=900, tilt=0.8) * np.exp(0.8 * wobble(rng, n, 1)), 0.2))


def engine(rng: Rng, seconds: float) -> Signal:
    """An idling engine: low pulses, 15 to 40 a second."""
    n = samples(seconds)
    track = rng.uniform(15, 40) * (1 + 0.08 * wobble(rng, n, 1))
    return unit(faded(periodic(track, n, (1 / np.arange(1, 40)).astype(np.float32), rng), 0.1))


def knocks(rng: Rng, seconds: float) -> Signal:
    """Two to five dull thumps."""
    out = np.zeros(samples(min(seconds, 1.6)), np.float32)
    thump = modes(rng, count=5, low=90, high=700, decay=0.03, seconds=0.2)
    for k in range(int(rng.integers(2, 6))):
        add(out, thump * np.float32(rng.uniform(0.6, 1)), samples(0.28 * k + 0.05 * rng.random()))
    return unit(out)


FOREIGN: tuple[Callable[[Rng, float], Signal], ...] = (siren, bird, ticks, notes, wind, engine, knocks)


def background(rng: Rng, seconds: float) -> Signal:
    """A room (samples,) of unit RMS: white to pink noise with broad peaks, slowly moving, some with mains hum."""
    n = samples(seconds)
    out = noise(
        rng,
        n,
        low=rng.uniform(30, 120),
        high=rng.uniform(2500, 7800),
        tilt=rng.uniform(0, 1),
        bumps=int(rng.integers(0, 4)),
        floor=0.05,
    )
    out *= np.exp(0.15 * wobble(rng, n, rng.uniform(0.3, 2)))
    if rng.random() < 0.4:
        decays = (rng.uniform(0.3, 1, 12) * 0.75 ** np.arange(12)).astype(np.float32)
        out += np.float32(rng.uniform(0.2, 0.8)) * unit(periodic(rng.choice([50.0, 60.0]), n, decays, rng))
    return unit(out)
