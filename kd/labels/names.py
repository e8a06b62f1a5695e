"""Words that parameters of labels take, kept apart so that parsing parameters imports nothing heavy."""

SMOOTHINGS = ("none", "median", "median+gaussian")
KINDS = ("soft", "binary", "gated")
SCALES = ("own", "absolute")
ACCEPTS = ("all", "exact")
