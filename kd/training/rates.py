"""How the learning rate changes over a training."""

SCHEDULES = ("last third", "constant", "steps", "inverse")
FALLS = (20 / 70, 50 / 70)  # of a training, at which `steps` falls
FALL, SLOWING = 0.2, 1e-4


def share_at(schedule: str, step: int, steps: int) -> float:
    """The rate of step `step` (from 0) of `steps`, as a share of the first one.

    last third: constant for two thirds, then linear to a hundredth; constant: 1 (S5 section 4.2). steps: a fifth after 2/7
    of the steps, and again after 5/7: S3 Table 4, "multiply 0.2 at 20, 50th epoch" of 70. inverse: 1 / (1 + 0.0001 t),
    t being the step: S3 Table 5.
    """
    if schedule == "constant":
        return 1.0
    if schedule == "steps":
        return FALL ** sum(step >= share * steps for share in FALLS)
    if schedule == "inverse":
        return 1 / (1 + SLOWING * step)
    left = (steps - step) / max(steps / 3, 1)
    return min(1.0, max(left, 0.01))
