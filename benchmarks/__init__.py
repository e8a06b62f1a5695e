"""Measurements, and the results kept of them."""
