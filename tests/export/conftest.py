"""Networks with numbers in every place, and detectors made of them."""
