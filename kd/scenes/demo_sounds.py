"""The scenes of the generated corpus: what each sounds like, mono, (samples,) at RATE.

A place gives its own random traits: `place` is a generator seeded by it, `rng` one seeded by the clip.
"""

from collections.abc import Callable

import numpy as np

from kd.corpus.demo_foreign import bird, engine, knocks, notes, siren, wind
from kd.corpus.demo_sounds import speech, water
from kd.corpus.demo_synth import RATE, Rng, Signal, add, curve, faded, modes, noise, periodic, samples, unit, wobble

Scene = Callable[[Rng, Rng, float], Signal]
FAINT = (-15.0, -2.0)  # dB of a pair's cue over everything else
SILENT = 0.1  # chance that a clip of a pair has no cue


def scattered(rng: Rng, seconds: float, piece: Callable[[Rng, float], Signal], times: int) -> Signal:
    """A piece several times, anywhere, at different levels."""
    out = np.zeros(samples(seconds), np.float32)
    for _ in range(times):
        add(out, piece(rng, seconds) * np.float32(rng.uniform(0.3, 1)), int(rng.integers(0, len(out))))
    return unit(out)


def tones(rng: Rng, pitches: list[float], length: float) -> Signal:
    """One tone after the other, each dying away."""
    m = samples(length)
    fall = np.exp(-np.arange(m, dtype=np.float32) / (0.5 * m))
    partials = np.array([1, 0.4, 0.2, 0.1], np.float32)
    return np.concatenate([faded(periodic(pitch, m, partials, rng) * fall, 0.005) for pitch in pitches])


def hall(place: Rng, rng: Rng, seconds: float) -> Signal:
    """What airport and shopping mall share: voices, footsteps and the hum of a hall."""
    n = samples(seconds)
    hum = noise(rng, n, low=place.uniform(60, 150), high=place.uniform(900, 3000), tilt=place.uniform(0.4, 0.9))
    babble = scattered(rng, seconds, speech, int(rng.integers(4, 9)))
    steps = scattered(rng, seconds, knocks, int(rng.integers(1, 4)))
    return unit(hum + np.float32(place.uniform(0.5, 1.1)) * babble + np.float32(rng.uniform(0.15, 0.5)) * steps)


def suitcase(rng: Rng, seconds: float) -> Signal:
    """Small wheels over joints, and a chime of two rising tones."""
    n = samples(seconds)
    out, rate = np.zeros(n, np.float32), rng.uniform(6, 10)
    click = modes(rng, count=5, low=700, high=3500, decay=0.01, seconds=0.05)
    first = rng.uniform(0, 0.5)
    for k in range(int((1 - first) * seconds * rate)):
        add(out, click * np.float32(rng.uniform(0.6, 1)), min(n - 1, samples(first * seconds + k / rate)))
    root = rng.uniform(500, 800)
    chime = tones(rng, [root, root * 1.26], 0.5)
    add(out := unit(out), unit(chime) * np.float32(rng.uniform(0.3, 1)), int(rng.integers(0, n)))
    return unit(out)


def shop(rng: Rng, seconds: float) -> Signal:
    """Faint music, and a chime of three falling tones."""
    n = samples(seconds)
    out = np.zeros(n, np.float32)
    add(out, notes(rng, seconds), int(rng.integers(0, n // 2)))
    root = rng.uniform(500, 800)
    chime = tones(rng, [root * 1.5, root * 1.26, root], 0.4)
    add(out, unit(chime) * np.float32(rng.uniform(0.3, 1)), int(rng.integers(0, n)))
    return unit(out)


def rails(place: Rng, rng: Rng, seconds: float, *, clacks: float, pitch: float) -> Signal:
    """What metro and tram share: rumble, joints of the rails, and the whine of a motor; clacks: a second; pitch: in Hz."""
    n = samples(seconds)
    rumble = noise(rng, n, low=30, high=place.uniform(250, 500), tilt=0.5) * (1 + 0.2 * wobble(rng, n, 1.5))
    out = np.zeros(n, np.float32)
    thump = modes(rng, count=6, low=80, high=900, decay=0.02, seconds=0.12)
    for k in range(int(seconds * clacks) + 1):
        at = samples((k + 0.15 * rng.random()) / clacks)
        for late in (0.0, 0.09):
            add(out, thump * np.float32(rng.uniform(0.6, 1)), min(n - 1, at + samples(late)))
    track = pitch * curve(n, (0, rng.uniform(0.85, 1)), (0.5, 1), (1, rng.uniform(0.85, 1)))
    whine = periodic(track, n, np.array([1, 0.5, 0.25], np.float32), rng)
    return unit(unit(rumble) + np.float32(0.7) * unit(out) + np.float32(place.uniform(0.1, 0.4)) * unit(whine))


def doors(rng: Rng, seconds: float) -> Signal:
    """The doors of a metro: a row of high beeps."""
    beep, gap = tones(rng, [rng.uniform(1800, 2400)], 0.12), samples(0.12)
    out = np.zeros(samples(seconds), np.float32)
    start = int(rng.integers(0, len(out) // 2))
    for k in range(int(rng.integers(4, 9))):
        at = start + k * (len(beep) + gap)
        if at < len(out):
            add(out, beep, at)
    return unit(out)


def bell(rng: Rng, seconds: float) -> Signal:
    """The bell of a tram, and its wheels in a curve."""
    n = samples(seconds)
    out = np.zeros(n, np.float32)
    for _ in range(int(rng.integers(1, 4))):
        add(out, modes(rng, count=6, low=450, high=1600, decay=0.25, seconds=0.8), int(rng.integers(0, n)))
    m = samples(rng.uniform(0.8, 2))
    squeal = periodic(rng.uniform(2600, 3600) * (1 + 0.02 * wobble(rng, m, 8)), m, np.ones(2, np.float32), rng)
    add(out := unit(out), faded(unit(squeal), 0.2) * np.float32(0.5), int(rng.integers(0, n)))
    return unit(out)


def with_cue(rng: Rng, shared: Signal, cue: Signal) -> Signal:
    """What a pair shares, with one scene's own sound under it, faint, or not at all."""
    gain = 0.0 if rng.random() < SILENT else 10 ** (rng.uniform(*FAINT) / 20)
    return shared + np.float32(gain) * cue


def airport(place: Rng, rng: Rng, seconds: float) -> Signal:
    """A hall with suitcases."""
    return with_cue(rng, hall(place, rng, seconds), suitcase(rng, seconds))


def shopping_mall(place: Rng, rng: Rng, seconds: float) -> Signal:
    """A hall with music."""
    return with_cue(rng, hall(place, rng, seconds), shop(rng, seconds))


def metro(place: Rng, rng: Rng, seconds: float) -> Signal:
    """Rails, faster and higher than a tram's as a rule, and doors that beep."""
    shared = rails(place, rng, seconds, clacks=max(1.0, rng.normal(2.5, 0.5)), pitch=rng.uniform(450, 850))
    return with_cue(rng, shared, doors(rng, seconds))


def tram(place: Rng, rng: Rng, seconds: float) -> Signal:
    """Rails, slower and lower than a metro's as a rule, a bell and squealing curves."""
    shared = rails(place, rng, seconds, clacks=max(1.0, rng.normal(2.1, 0.5)), pitch=rng.uniform(400, 800))
    return with_cue(rng, shared, bell(rng, seconds))


def bus(place: Rng, rng: Rng, seconds: float) -> Signal:
    """An engine, and what shakes with it."""
    n = samples(seconds)
    shake: Signal = (noise(rng, n, low=200, high=place.uniform(700, 1500)) * (1 + 0.4 * wobble(rng, n, 12))).astype(
        np.float32
    )
    mixed: Signal = engine(rng, seconds) + np.float32(place.uniform(0.2, 0.5)) * shake
    return unit(mixed)


def metro_station(place: Rng, rng: Rng, seconds: float) -> Signal:
    """A long echo over everything: knocks and a far voice."""
    n = samples(seconds)
    dry = scattered(rng, seconds, knocks, 2) + scattered(rng, seconds, speech, 2)
    tail = np.exp(-np.arange(samples(0.9)) / (0.25 * RATE)).astype(np.float32) * rng.standard_normal(samples(0.9))
    wet: Signal = np.convolve(dry, tail.astype(np.float32)[::4])[:n].astype(np.float32)
    air = noise(rng, n, low=150, high=place.uniform(500, 900))
    mixed: Signal = unit(wet) + np.float32(place.uniform(0.3, 0.7)) * air
    return unit(mixed)


def park(place: Rng, rng: Rng, seconds: float) -> Signal:
    """Birds and wind."""
    return unit(np.float32(place.uniform(0.3, 0.8)) * wind(rng, seconds) + scattered(rng, seconds, bird, 3))


def public_square(place: Rng, rng: Rng, seconds: float) -> Signal:
    """A fountain and some voices."""
    return unit(water(rng, seconds) + np.float32(place.uniform(0.3, 0.8)) * scattered(rng, seconds, speech, 3))


def street_pedestrian(place: Rng, rng: Rng, seconds: float) -> Signal:
    """Footsteps close by, and a siren far away now and then."""
    out = scattered(rng, seconds, knocks, 5)
    hiss = noise(rng, samples(seconds), low=2000, high=place.uniform(4000, 7000))
    far = np.zeros_like(out)
    if rng.random() < 0.3:
        add(far, siren(rng, seconds), 0)
    return unit(out + np.float32(place.uniform(0.1, 0.3)) * hiss + np.float32(0.15) * far)


def street_traffic(place: Rng, rng: Rng, seconds: float) -> Signal:
    """Cars that come and go."""
    n = samples(seconds)
    out = np.zeros(n, np.float32)
    for _ in range(int(rng.integers(2, 5))):
        width = rng.uniform(0.4, 1.0)
        swell = np.exp(-(((np.arange(n) / RATE - rng.uniform(0, seconds)) / width) ** 2)).astype(np.float32)
        out += noise(rng, n, low=80, high=place.uniform(1500, 3500), tilt=0.2) * swell
    return unit(out + np.float32(0.15) * noise(rng, n, low=40, high=400))


SCENES: dict[str, Scene] = {
    "airport": airport,
    "bus": bus,
    "metro": metro,
    "metro_station": metro_station,
    "park": park,
    "public_square": public_square,
    "shopping_mall": shopping_mall,
    "street_pedestrian": street_pedestrian,
    "street_traffic": street_traffic,
    "tram": tram,
}
