"""Pseudo-labels: merged teacher scores, smoothed along time, and the artifact that keeps them."""
