"""Sound that comes block by block to features: the same numbers as from the whole of it at once.

Both classes take blocks of any length by `push` and give what is settled; `finish` gives the rest.
"""

import math

import numpy as np
import numpy.typing as npt

from kd.audio.logmel import log_bands
from kd.audio.resample import resample
from kd.audio.spec import FeatureSpec

Array = npt.NDArray[np.float32]
REACH = 32  # samples to each side, at the lower of two rates, that a resampling kernel looks at, or fewer


class StreamResampler:
    """`kd.audio.resample.resample`, block by block, within float32's rounding."""

    def __init__(self, own: int, rate: int) -> None:
        common = math.gcd(own, rate)
        self.step, self.phases = own // common, rate // common
        self.own, self.rate = own, rate
        self.context = -(-math.ceil(REACH * max(1.0, own / rate)) // self.step)  # steps
        self.held = np.zeros(0, np.float32)
        self.before = 0  # steps of the held samples that are context of the past

    def push(self, samples: Array) -> Array:
        """Samples at `rate` that no later block changes."""
        if self.own == self.rate:
            return samples
        self.held = np.concatenate([self.held, samples])
        settled = len(self.held) // self.step - self.context - self.before
        if settled <= 0:
            return np.zeros(0, np.float32)
        given = (self.before + settled + self.context) * self.step
        made = resample(self.held[:given], self.own, self.rate)
        first = self.before * self.phases
        out = made[first : first + settled * self.phases]
        kept = min(self.context, self.before + settled)
        self.held = self.held[(self.before + settled - kept) * self.step :]
        self.before = kept
        return out

    def finish(self) -> Array:
        """The last samples."""
        if self.own == self.rate or not len(self.held):
            return np.zeros(0, np.float32)
        return resample(self.held, self.own, self.rate)[self.before * self.phases :]


class StreamLogBands:
    """`kd.audio.logmel.log_bands`, block by block. What the spec says of scaling and of a clip's length is not applied."""

    def __init__(self, spec: FeatureSpec) -> None:
        self.spec = spec
        self.held = np.zeros(0, np.float32)
        self.frames = 0

    def push(self, samples: Array) -> Array:
        """Features (frames, mels) of the frames that are complete, each once."""
        spec = self.spec
        self.held = np.concatenate([self.held, samples])
        ready = max(0, 1 + (len(self.held) - spec.window) // spec.hop)
        if not ready:
            return np.zeros((0, spec.mels), np.float32)
        made = log_bands(self.held[: (ready - 1) * spec.hop + spec.window], spec=spec)
        self.held = self.held[ready * spec.hop :]
        self.frames += ready
        return made

    def finish(self) -> Array:
        """Silence up to the length of a clip, where what came was shorter."""
        missing = self.spec.samples - self.frames * self.spec.hop - len(self.held)
        if self.frames >= self.spec.frames or missing <= 0:
            return np.zeros((0, self.spec.mels), np.float32)
        return self.push(np.zeros(missing, np.float32))
