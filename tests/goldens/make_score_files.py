"""A small score folder as sed_scores_eval writes it, and its PSDS1 up to 5000 per hour: makes score_files/ beside this file.

/tmp/peer/bin/python -m tests.goldens.make_score_files        (see make_psds.py for the environment)
"""

from pathlib import Path

import numpy as np
from sed_scores_eval.base_modules.io import write_sed_scores
from sed_scores_eval.base_modules.scores import create_score_dataframe
from sed_scores_eval.intersection_based import psds

from tests.goldens.make_psds import PARAMETERS

EVENTS = {
    "one": [(0.2, 0.6, "Dog"), (0.5, 0.9, "Cat")],
    "short": [(0.1, 0.7, "Cat")],
    "empty": [],
}


def main() -> None:
    """Write the folder and the value."""
    random = np.random.RandomState(0)
    place = Path(__file__).with_name("score_files")
    frames, durations = {}, {}
    for name, events in EVENTS.items():
        count = 8 if name == "short" else 12
        edges = np.arange(count + 1) * 0.1
        edges[-1] -= 0.05 if name == "short" else 0.0
        scores = 0.3 * random.random_sample((count, 2))
        for onset, offset, label in events:
            scores[round(onset * 10) : round(offset * 10) - 1, ["Dog", "Cat"].index(label)] += 0.15
        frames[name] = create_score_dataframe(scores, edges, ["Dog", "Cat"])
        durations[name] = float(edges[-1])
    write_sed_scores(frames, place / "scores")
    value, *_ = psds(frames, EVENTS, durations, **{**PARAMETERS["psds1"], "max_efpr": 5000.0})
    (place / "psds1.txt").write_text(f"{float(value)!r}\n")


if __name__ == "__main__":
    main()
