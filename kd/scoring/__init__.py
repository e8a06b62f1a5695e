"""Scores: F1 by events, segments and tags, PSDS, calibration, operating points, intervals; exact, and without a platform.

`sources` makes a `System` of files, `assess` gives all scores of one, `contrast` the difference of two. Below these:
counts (`event_f1`, `segment_f1`, `tagging_f1`, `error_rate`, `psds_cells`), what becomes of them (`counts`, `psds`,
`average_precision`, `calibration`) and of resamples (`units`, `bootstrap`, `resampled`, `intervals`, `headline`), and the
choice of operating points (`tune`, `curves`, `crossfit`, `temperature`).

Only numpy, scipy and numba are needed here. Importing compiles nothing; a kernel is compiled, or read from numba's cache,
at its first call.
"""
