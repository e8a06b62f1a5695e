"""Optuna studies: the only package that imports optuna."""
