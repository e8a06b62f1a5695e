"""Names that losses go by, kept apart so that parsing parameters imports nothing heavy."""

CLASS_WEIGHTS = ("nec", "inverse", "effective_number", "none")
SOFTEN = ("logits", "probabilities")
COMBINE = ("mean", "sum")
POINTS = ("output", "embedding", "both")
