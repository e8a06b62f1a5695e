"""The mel scale of Slaney's Auditory Toolbox, and filterbanks on it: librosa's, to the last bit, without its imports."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LINEAR = 200.0 / 3  # Hz to a mel below 1 kHz
BREAK = 1000.0  # Hz from which on the scale is logarithmic
STEP = np.log(6.4) / 27.0  # of the logarithm, to a mel above


def mel_of(hertz: Floats) -> Floats:
    """Frequencies in mel: linear below 1 kHz, logarithmic above. Source: M. Slaney, "Auditory Toolbox", 1998."""
    above = np.log(np.maximum(hertz, BREAK) / BREAK) / STEP
    return np.where(hertz >= BREAK, BREAK / LINEAR + above, hertz / LINEAR)


def hertz_of(mel: Floats) -> Floats:
    """The other way round."""
    above = BREAK * np.exp(STEP * (mel - BREAK / LINEAR))
    return np.where(mel >= BREAK / LINEAR, above, LINEAR * mel)


def corners_of(mels: int, fmax: float) -> Floats:
    """Where the bands from 0 Hz to fmax begin, have their middle and end, in Hz: shape (mels + 2,)."""
    low, high = mel_of(np.array([0.0, fmax]))
    return hertz_of(np.linspace(low, high, mels + 2))


def mel_filterbank(
    *, rate: int, window: int, mels: int, fmax: float, equal_area: bool = True
) -> npt.NDArray[np.float32]:
    """Triangles over the bins of a spectrum, from 0 Hz to fmax: shape (mels, window // 2 + 1).

    equal_area: of equal area; else of equal height, 1.
    """
    bins = np.fft.rfftfreq(n=window, d=1.0 / rate)
    corners = corners_of(mels, fmax)
    widths = np.diff(corners)
    ramps = np.subtract.outer(corners, bins)
    rising, falling = -ramps[:-2] / widths[:-1, None], ramps[2:] / widths[1:, None]
    bank = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    if equal_area:
        bank *= (2.0 / (corners[2:] - corners[:-2]))[:, None]
    return np.asarray(bank, np.float32)
