"""Detectors: networks with all they need to turn audio into events."""
