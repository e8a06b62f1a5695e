"""Sound to features: decode, resample, log-mel, and the store that keeps them."""
