"""The outer loop: plan, passes, champions, merging, resume."""
