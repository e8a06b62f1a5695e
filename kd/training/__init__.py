"""Training one network, and predicting with it."""
