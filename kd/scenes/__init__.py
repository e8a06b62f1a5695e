"""Acoustic scenes: one label per clip."""
