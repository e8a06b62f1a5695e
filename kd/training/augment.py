"""Augmentation of a training batch: mixup, then one time mask and one frequency mask a clip.

All draws of a step are a function of (seed, step); each of the three has its own, so that one does not change another.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Reals = npt.NDArray[np.floating]
Whole = npt.NDArray[np.int64]
MIXUP, TIME, FREQUENCY = 1, 2, 3  # not 0: a seed sequence takes no notice of zeros at its end


def augmented(
    features: Floats,
    targets: Floats,
    *,
    seed: int,
    step: int,
    time_mask: int = 0,
    frequency_mask: int = 0,
    mixup: float = 0.0,
    mean: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Features and targets of training step `step`, augmented; `features` may be written to.

    features: (batch, frames, mels) log-mel, or for mixup alone anything (batch, ...); targets: (batch, classes) tags or
    (batch, frames, classes) frame labels.
    time_mask, frequency_mask: bounds of the masks' widths in frames and bands; mixup: α of Beta(α, α), which λ is drawn
    from; 0: none. Masks change no target. mean: (mels,) of the training clips, what masked values become, so that they
    are 0 once normalised; None: 0.
    """
    batch, frames, mels = features.shape[0], features.shape[1], features.shape[-1]
    if mixup:
        share = np.random.default_rng([seed, step, MIXUP]).beta(mixup, mixup, (batch,)).astype(np.float32)
        features, targets = mixed(features, share), mixed(targets, share)
    fill = np.zeros(mels, dtype=np.float32) if mean is None else mean
    if time_mask:
        draws = np.random.default_rng([seed, step, TIME]).random((2, batch))
        for clip, start, end in zip(features, *spans(draws, size=frames, most=time_mask), strict=True):
            clip[start:end] = fill
    if frequency_mask:
        draws = np.random.default_rng([seed, step, FREQUENCY]).random((2, batch))
        for clip, start, end in zip(features, *spans(draws, size=mels, most=frequency_mask), strict=True):
            clip[:, start:end] = fill[start:end]
    return features, targets


def mixed(values: Floats, share: Floats) -> Floats:
    """Each clip's values times its λ, plus the next clip's times 1 - λ; after the last comes the first.

    values: (batch, ...); share: λ (batch,), the same for features and targets.
    Source: H. Zhang et al., mixup, ICLR 2018, equation 1. Log-mel features are mixed, not sounds: the network's
    normalisation is affine, so that this mixes what its first convolution sees.
    """
    own = share.reshape(-1, *[1] * (values.ndim - 1))
    return own * values + (1 - own) * np.roll(values, -1, axis=0)


def spans(draws: Reals, *, size: int, most: int) -> tuple[Whole, Whole]:
    """First and one past the last index of a mask for each clip; a width of 0 masks nothing.

    draws: (2, batch) uniform in [0, 1). The width w is uniform in [0, most) and the start in [0, size - w), both then
    rounded down: `torchaudio.functional.mask_along_axis_iid`'s definition, so that neither a width of `most` nor the last
    index comes up.
    Source: D. S. Park et al., SpecAugment, Interspeech 2019, section 2, with one mask of each kind and no time warping.
    """
    width = draws[0] * min(most, size)
    start = (draws[1] * (size - width)).astype(np.int64)
    return start, start + width.astype(np.int64)
