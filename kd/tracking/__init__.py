"""Runs, registry, aliases and packaged models: the only package that imports mlflow."""
