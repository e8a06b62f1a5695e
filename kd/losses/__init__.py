"""Losses: one equation per function."""
