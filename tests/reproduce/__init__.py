"""The claim, run small."""
