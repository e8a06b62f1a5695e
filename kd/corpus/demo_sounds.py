"""The demo's ten classes, one function each: (generator, seconds allowed) → a signal of unit RMS.

Named and built in the spirit of DESED's ten. Short ones choose their own length; long ones fill what they are given.
Pitch, resonances, tempo, tilt and modulation are drawn anew for each event. Blender, vacuum cleaner and shaver are
meant to be alike, and so are frying and running water.
"""

from collections.abc import Callable

import numpy as np

from kd.corpus.demo_synth import (
    RATE,
    Rng,
    Signal,
    add,
    curve,
    faded,
    formants,
    harmonics,
    modes,
    noise,
    periodic,
    samples,
    unit,
    wobble,
)

VOWELS = (
    (730, 1090, 2440),
    (270, 2290, 3010),
    (300, 870, 2240),
    (530, 1840, 2480),
    (570, 840, 2410),
    (440, 1020, 2240),
)


def alarm(rng: Rng, seconds: float) -> Signal:
    """Alarm_bell_ringing: a gated beep, two tones in turn, or an inharmonic bell struck 8 to 20 times a second."""
    n = samples(min(seconds, rng.uniform(0.6, 3.5)))
    kind, pitch = rng.integers(3), rng.uniform(900, 2600)
    if kind == 2:
        ring = modes(rng, count=6, low=pitch * 0.7, high=6500, decay=rng.uniform(0.05, 0.2), seconds=0.4)
        out, step = np.zeros(n, np.float32), samples(1 / rng.uniform(8, 20))
        for start in range(0, n, step):
            add(out, ring * np.float32(rng.uniform(0.7, 1.0)), start)
        return unit(out)
    cycle = np.arange(n) / RATE * rng.uniform(2.0, 8.0) % 1
    second = pitch * rng.uniform(1.15, 1.5) if kind == 1 else pitch
    overtones = np.array([1, 0.05, rng.uniform(0.2, 0.5)], np.float32)[: int(7600 / second)]
    out = periodic(np.where(cycle < 0.5, pitch, second), n, overtones, rng)
    if kind == 0:
        out *= cycle < rng.uniform(0.4, 0.7)
        out = out[: int(np.flatnonzero(out)[-1]) + 1]
    return unit(faded(out, 0.005))


def cat(rng: Rng, seconds: float) -> Signal:
    """Cat: a voice at 380 to 850 Hz that rises and falls while its resonances move from i over a to o."""
    n = samples(min(seconds, rng.uniform(0.4, 1.3)))
    pitch, scale = rng.uniform(380, 850), rng.uniform(1.2, 1.6)
    peak = rng.uniform(1.1, 1.35)
    track = pitch * curve(n, (0, rng.uniform(0.75, 0.95)), (rng.uniform(0.2, 0.5), peak), (1, rng.uniform(0.6, 0.85)))
    track *= 1 + 0.01 * wobble(rng, n, 12)
    turn = rng.uniform(0.3, 0.6)
    shares = (((0, 1), (turn, 0), (1, 0)), ((0, 0), (turn, 1), (1, 0)), ((0, 0), (turn, 0), (1, 1)))
    out = np.zeros(n, np.float32)
    for vowel, share in zip((1, 0, 4), shares, strict=True):
        colour = formants(*(scale * p for p in VOWELS[vowel]), tilt=0.5)
        out += unit(periodic(track, n, harmonics(pitch * peak, colour), rng)) * curve(n, *share)
    return unit(faded(out * curve(n, (0, 0.2), (0.15, 1), (0.7, 0.8), (1, 0.15)), 0.01))


def dishes(rng: Rng, seconds: float) -> Signal:
    """Dishes: one to six clinks, each a click and a few inharmonic partials of 1.2 to 7 kHz that die in 20 to 90 ms."""
    n = samples(min(seconds, rng.uniform(0.2, 1.2)))
    out = np.zeros(n, np.float32)
    ringing = rng.uniform(0.02, 0.09)
    starts = [0, *rng.integers(0, max(1, n - samples(0.12)), int(n / RATE * rng.uniform(2, 6)))]
    for start in starts:
        ring = modes(rng, count=6, low=1200, high=7000, decay=ringing, seconds=0.3)
        ring[:80] += rng.standard_normal(80, np.float32)
        add(out, ring * np.float32(rng.uniform(0.4, 1.0)), int(start))
    last = max(int(s) for s in starts) + samples(0.05 + 2 * ringing)
    return unit(faded(out[: max(samples(0.15), last)], 0.004))


def dog(rng: Rng, seconds: float) -> Signal:
    """Dog: one to four barks of 90 to 220 ms, each a rough falling tone at 250 to 650 Hz, and breath."""
    pitch, gap = rng.uniform(250, 650), rng.uniform(0.06, 0.22)
    lengths = rng.uniform(0.09, 0.22, rng.integers(1, 5))
    pieces: list[Signal] = []
    colour = formants(rng.uniform(500, 900), rng.uniform(1100, 1800), 2600, tilt=0.6)
    for length in lengths:
        n = samples(length)
        track = pitch * curve(n, (0, 0.9), (0.15, 1.15), (1, 0.65)) * np.float32(rng.uniform(0.93, 1.07))
        voice = unit(periodic(track, n, harmonics(pitch * 1.25, colour), rng)) * (1 + 0.5 * wobble(rng, n, 120))
        bark = (voice + 0.5 * noise(rng, n, low=500, high=3000)) * curve(n, (0, 0), (0.08, 1), (0.5, 0.6), (1, 0.05))
        pieces += [bark.astype(np.float32), np.zeros(samples(gap), np.float32)]
    return unit(np.concatenate(pieces[:-1])[: samples(seconds)])


def speech(rng: Rng, seconds: float) -> Signal:
    """Speech: three to six syllables a second, hiss then vowel: a gliding 85 to 240 Hz under three formants."""
    n = samples(min(seconds, rng.uniform(0.5, 2.6)))
    pitch, tract = rng.uniform(85, 240), rng.uniform(0.9, 1.2)
    pace = rng.uniform(0.8, 1.3)
    pieces: list[Signal] = []
    while sum(map(len, pieces)) < n:
        if rng.random() < 0.6:
            hiss = samples(rng.uniform(0.04, 0.09) * pace)
            low = rng.uniform(1500, 4500)
            pieces.append(faded(noise(rng, hiss, low=low, high=7500) * np.float32(rng.uniform(0.1, 0.4)), 0.01))
        m = samples(rng.uniform(0.09, 0.2) * pace)
        spoken = pitch * (1 - 0.2 * sum(map(len, pieces)) / n) * rng.uniform(0.9, 1.12)
        peaks = [tract * p * rng.uniform(0.93, 1.07) for p in VOWELS[rng.integers(len(VOWELS))]]
        glide = spoken * curve(m, (0, rng.uniform(0.94, 1.06)), (1, rng.uniform(0.9, 1.05)))
        vowel = unit(periodic(glide, m, harmonics(spoken * 1.1, formants(*peaks)), rng))
        pieces.append(faded(vowel * np.float32(rng.uniform(0.6, 1.0)), 0.02))
        if rng.random() < 0.3:
            pieces.append(np.zeros(samples(rng.uniform(0.02, 0.07)), np.float32))
    return unit(faded(np.concatenate(pieces)[:n], 0.01))


def blender(rng: Rng, seconds: float) -> Signal:
    """Blender: a motor at 100 to 220 Hz that revs up and labours, many harmonics, and rough noise from 0.4 to 7 kHz."""
    n = samples(seconds)
    pitch = rng.uniform(100, 220)
    rev = curve(n, (0, 0.45), (min(0.5, rng.uniform(0.15, 0.5) / seconds), 1), (1, 1))
    track = pitch * rev * (1 + 0.04 * wobble(rng, n, 3))
    motor = unit(periodic(track, n, harmonics(pitch * 1.15, formants(900, 2500, 4500, tilt=0.4)), rng))
    rough = 1 + 0.45 * np.sin(2 * np.pi * np.cumsum(track / rng.uniform(6, 12)) / RATE)
    grind = noise(rng, n, low=400, high=7000, tilt=rng.uniform(0, 0.4)) * rough
    return unit(faded((motor + rng.uniform(0.5, 1.1) * grind).astype(np.float32), 0.04))


def shaver(rng: Rng, seconds: float) -> Signal:
    """Electric_shaver_toothbrush: a buzz at 55 to 270 Hz, strongest at 1 to 5 kHz, swept by strokes."""
    n = samples(seconds)
    pitch = rng.uniform(55, 130) if rng.random() < 0.6 else rng.uniform(200, 270)
    colour = formants(rng.uniform(1000, 2000), rng.uniform(2500, 4000), rng.uniform(4200, 5500), tilt=0.0)
    buzz = unit(periodic(pitch * (1 + 0.004 * wobble(rng, n, 4)), n, harmonics(pitch * 1.02, colour), rng))
    stroke = np.arange(n, dtype=np.float32) * np.float32(2 * np.pi * rng.uniform(1.5, 5) / RATE)
    out = (buzz + 0.25 * noise(rng, n, low=1500, high=7000)) * (1 + np.float32(rng.uniform(0.2, 0.5)) * np.sin(stroke))
    return unit(faded(out.astype(np.float32), 0.03))


def vacuum(rng: Rng, seconds: float) -> Signal:
    """Vacuum_cleaner: steady wind noise that falls with frequency, and a whine of 350 to 1100 Hz that spins up."""
    n = samples(seconds)
    pitch = rng.uniform(350, 1100)
    spin = curve(n, (0, 0.6), (min(0.5, rng.uniform(0.2, 0.6) / seconds), 1), (1, 1)) * (1 + 0.006 * wobble(rng, n, 1))
    whine = unit(periodic(pitch * spin, n, np.array([1, 0.5, 0.3, 0.15], np.float32), rng))
    wind = noise(rng, n, low=120, high=rng.uniform(4000, 7000), tilt=rng.uniform(0.3, 0.8), bumps=2)
    return unit(faded((wind * spin + np.float32(rng.uniform(0.25, 0.6)) * whine).astype(np.float32), 0.05))


def frying(rng: Rng, seconds: float) -> Signal:
    """Frying: hiss above 2 kHz that comes and goes, and 40 to 140 crackles a second of a few milliseconds."""
    n = samples(seconds)
    hiss = noise(rng, n, low=rng.uniform(1800, 3200), high=7600) * (1 + 0.25 * wobble(rng, n, 3))
    impulses = np.zeros(n, np.float32)
    hits = int(seconds * rng.uniform(40, 140))
    impulses[rng.integers(0, n, hits)] = rng.exponential(1.0, hits).astype(np.float32)
    grain = modes(rng, count=8, low=2500, high=7400, decay=0.0025, seconds=0.016)
    crackle = unit(np.convolve(impulses, grain)[:n].astype(np.float32))
    return unit(faded((hiss + np.float32(rng.uniform(0.6, 1.4)) * crackle).astype(np.float32), 0.04))


def water(rng: Rng, seconds: float) -> Signal:
    """Running_water: fluttering noise from 0.3 to 6 kHz, and 10 to 35 bubbles a second that rise in pitch."""
    n = samples(seconds)
    flow = noise(rng, n, low=rng.uniform(300, 900), high=rng.uniform(3500, 6500), tilt=0.2, bumps=2)
    flow *= 1 + 0.3 * wobble(rng, n, rng.uniform(5, 14))
    bubbles = np.zeros(n, np.float32)
    t = np.arange(samples(0.05), dtype=np.float32) / RATE
    kinds = [
        np.exp(-t * rng.uniform(50, 110)) * np.sin(2 * np.pi * rng.uniform(500, 1900) * (t + 4 * t * t))
        for _ in range(8)
    ]
    for start in rng.integers(0, n, int(seconds * rng.uniform(10, 35))):
        add(bubbles, kinds[rng.integers(8)].astype(np.float32), int(start))
    return unit(faded((flow + np.float32(rng.uniform(0.3, 0.8)) * unit(bubbles)).astype(np.float32), 0.04))


SHORT: dict[str, Callable[[Rng, float], Signal]] = {
    "Alarm_bell_ringing": alarm,
    "Cat": cat,
    "Dishes": dishes,
    "Dog": dog,
    "Speech": speech,
}
LONG: dict[str, Callable[[Rng, float], Signal]] = {
    "Blender": blender,
    "Electric_shaver_toothbrush": shaver,
    "Frying": frying,
    "Running_water": water,
    "Vacuum_cleaner": vacuum,
}
CLASSES = tuple(sorted(SHORT | LONG))
