"""Names of the label smoothings of S1, kept apart so that parsing parameters imports nothing heavy."""

SMOOTHINGS = ("none", "median", "median+gaussian")
