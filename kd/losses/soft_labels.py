"""Losses of clips with one label: hard, soft from one teacher or several, and of embeddings. S5 and S3."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def hard_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """L_CE = -1/N Σ_i Σ_j y_ij log P(j | x_i), a scalar.

    logits: (clips, classes); labels: y (clips, classes), one-hot, or mixed by mixup.
    Source: S3 equations (1) and (2). Deviation: the mean over clips, where the sum is printed.
    """
    return soft_cross_entropy(logits, labels)


def softened(logits: Tensor, *, temperature: float, soften: str = "logits") -> Tensor:
    """Soft labels p_T(o_j | x; T) of a teacher, (clips, classes) to the same, rows of sum 1.

    soften: `logits`: softmax(z / T), Hinton's and S3's equation (4); `probabilities`: softmax(softmax(z) / T), which is
    what S5's equation (3) says.
    Deviation: with probabilities in it, (3) leaves next to nothing of the teacher: of ten classes the surest gets 0.23 at
    T = 1 and 0.12 at T = 5. So logits are the default.
    """
    given = logits.float() if soften == "logits" else torch.softmax(logits.float(), dim=1)
    return torch.softmax(given / temperature, dim=1)


def soft_cross_entropy(logits: Tensor, targets: Tensor, *, temperature: float = 1.0) -> Tensor:
    """-1/N Σ_i Σ_j p_T(o_j | x_i) log p_S(o_j | x_i), a scalar; p_S = softmax(z / T).

    logits: z (clips, classes) of the student; targets: p_T (clips, classes); temperature: T of the student.
    Source: S5 equations (1), (2) and (4), S3 equation (3). It is KL(p_T || p_S) but for the entropy of p_T, which has no
    gradient. Deviation: the mean over clips, where the sum is printed.
    """
    return -(targets * torch.log_softmax(logits.float() / temperature, dim=1)).sum(dim=1).mean()


def ensemble_labels(labels: Sequence[Tensor], *, combine: str = "mean") -> Tensor:
    """Soft labels of a generalist and its specialists, (clips, classes) each, together: Q(θ_g) + Σ_s Q(θ_s).

    Source: S3 equation (3). Deviation: `sum` has rows of sum 1 + |S|, so that the loss is 1 + |S| times the one with their
    `mean`, of the same minimum; the mean is the default.
    """
    total = torch.stack(list(labels)).sum(dim=0)
    return total if combine == "sum" else total / len(labels)


def embedding_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """Dist(E_T, E_S), the mean squared error of last hidden layers, (clips, dimensions) each, a scalar.

    Source: S5 equation (5). Deviation: the mean over clips, where the sum is printed.
    """
    return functional.mse_loss(student.float(), teacher.float())


def distilled(
    logits: Tensor,
    soft: Tensor,
    hard: Tensor,
    *,
    temperature: float,
    squared: bool,
    weight: float,
) -> Tensor:
    """(1 - w) T² soft_cross_entropy + w hard_cross_entropy, a scalar.

    soft, hard: targets (clips, classes); temperature: T of the student; weight: w; squared: whether there is the factor
    T², which keeps the size of the gradients at any temperature (Hinton et al., 2015, section 2).
    Deviation: neither S3 nor S5 has the term of hard labels; without it, w is 0.
    """
    loss = soft_cross_entropy(logits, soft, temperature=temperature) * (temperature**2 if squared else 1.0)
    return (1 - weight) * loss + weight * hard_cross_entropy(logits, hard) if weight else loss
