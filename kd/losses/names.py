"""Names of the weights of classes, kept apart so that parsing parameters imports nothing heavy."""

CLASS_WEIGHTS = ("nec", "inverse", "effective_number", "none")
