"""The two stages of S2: what vectors and matrices of weakly, strongly and pseudo-labelled clips count."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True)
class NecWeights:
    """Coefficients of the mean losses L_w^v, L_s^v, L_s^m and L_p^m in the total loss."""

    weak_vector: float
    strong_vector: float
    strong_matrix: float
    pseudo_matrix: float


def nec_weights(weak: int, strong: int, pseudo: int = 0, *, balanced: bool = False) -> NecWeights:
    """Coefficients from the numbers of clips M_w, M_s and M_p, constants of a whole stage.

    L^v = M_w/(M_w+M_s) L_w^v + M_s/(M_w+M_s) L_s^v                                            (7)
    L^{m_1st} = (M_w+M_s)/M_s L_s^m                                                            (8)
    L^{m_2nd} = (M_w+M_s) M_s/(M_s+M_p)² L_s^m + (M_w+M_s) M_p/(M_s+M_p)² L_p^m                (10)

    weak, strong: M_w, M_s; pseudo: M_p, those of the M_w clips that have pseudo-labels; at 0, (10) is (8).
    Source: S2 equations (7), (8) and (10).
    Deviation: balanced leaves out the factor (M_w+M_s)/(M_s+M_p) of (8) and (10), with which vector and matrix losses
    contribute alike only where losses are sums over all samples, while (1) has means. Where a number in a denominator is
    0 there is no such loss, and its coefficient is 0.
    """
    clips, labelled = weak + strong, strong + pseudo
    factor = 1.0 if balanced or not labelled else clips / labelled
    return NecWeights(
        weak_vector=weak / clips if clips else 0.0,
        strong_vector=strong / clips if clips else 0.0,
        strong_matrix=factor * strong / labelled if labelled else 0.0,
        pseudo_matrix=factor * pseudo / labelled if labelled else 0.0,
    )


def vector_loss(weights: NecWeights, *, weak: Tensor, strong: Tensor) -> Tensor:
    """L^v of L_w^v and L_s^v, scalars. Source: S2 equation (7)."""
    return weights.weak_vector * weak + weights.strong_vector * strong


def first_stage(weights: NecWeights, *, weak_vector: Tensor, strong_vector: Tensor, strong_matrix: Tensor) -> Tensor:
    """L^{all_1st} = L^v + L^{m_1st}, a scalar of scalars. Source: S2 equation (6), with (7) and (8)."""
    return vector_loss(weights, weak=weak_vector, strong=strong_vector) + weights.strong_matrix * strong_matrix


def second_stage(
    weights: NecWeights, *, weak_vector: Tensor, strong_vector: Tensor, strong_matrix: Tensor, pseudo_matrix: Tensor
) -> Tensor:
    """L^{all_2nd} = L^v + L^{m_2nd}, a scalar of scalars. Source: S2 equation (9), with (7) and (10)."""
    matrix = weights.strong_matrix * strong_matrix + weights.pseudo_matrix * pseudo_matrix
    return vector_loss(weights, weak=weak_vector, strong=strong_vector) + matrix
