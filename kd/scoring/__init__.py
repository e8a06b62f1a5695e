"""Scores: event, segment and tagging F1, operating points, and the decoding of frame scores into events.

Only numpy and numba are needed here. Importing compiles nothing; a kernel is compiled, or read from numba's cache, at
its first call.
"""
