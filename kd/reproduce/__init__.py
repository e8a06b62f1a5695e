"""The paper's claim: the loop beside a baseline, a mean teacher and the paper's own recipe, seed by seed."""
