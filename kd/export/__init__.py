"""Detectors as ONNX files: graphs built by hand from the networks, checked against them."""
