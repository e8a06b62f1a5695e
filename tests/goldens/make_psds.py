"""PSDS as sed_scores_eval has it, on the cases of `psds_cases`: writes psds.json beside this file.

python3 -m venv /tmp/peer && /tmp/peer/bin/pip install sed_scores_eval==0.0.4 'pandas<3'
/tmp/peer/bin/python -m tests.goldens.make_psds
"""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sed_scores_eval.base_modules.scores import create_score_dataframe
from sed_scores_eval.intersection_based import psds

from tests.goldens.psds_cases import CASES, Case, Spans

PARAMETERS: dict[str, dict[str, float]] = {
    "psds1": {"dtc_threshold": 0.7, "gtc_threshold": 0.7, "alpha_ct": 0.0, "alpha_st": 1.0, "max_efpr": 100.0},
    "psds2": {
        "dtc_threshold": 0.1,
        "gtc_threshold": 0.1,
        "cttc_threshold": 0.3,
        "alpha_ct": 0.5,
        "alpha_st": 1.0,
        "max_efpr": 100.0,
    },
    "other": {
        "dtc_threshold": 0.5,
        "gtc_threshold": 0.3,
        "cttc_threshold": 0.2,
        "alpha_ct": 1.0,
        "alpha_st": 0.5,
        "max_efpr": 40.0,
    },
}


def joined(reference: Spans) -> Spans:
    """Events of one class that overlap or touch as one: the peer refuses them otherwise."""
    apart: Spans = {}
    for name, events in reference.items():
        found: dict[str, tuple[float, float, str]] = {}
        apart[name] = []
        for onset, offset, label in sorted(events):
            last = found.get(label)
            if last and onset <= last[1]:
                apart[name].remove(last)
                onset, offset = last[0], max(last[1], offset)
            found[label] = (onset, offset, label)
            apart[name].append(found[label])
    return apart


def judged(case: Case) -> dict[str, Any]:
    """{parameters: {value, classes, points}}, of the classes that have events."""
    reference = joined(case.reference)
    there = {label for events in reference.values() for *_, label in events}
    columns = [k for k, label in enumerate(case.classes) if label in there]
    labels = [case.classes[k] for k in columns]
    frames = {
        name: create_score_dataframe(case.scores[i, :n, columns].T.astype(float), case.edges[i, : n + 1], labels)
        for i, (name, n) in enumerate(case.frames.items())
    }
    found: dict[str, Any] = {"events": sum(map(len, reference.values()))}
    for name, parameters in PARAMETERS.items():
        value, classes, _, rocs = psds(frames, reference, case.durations, **parameters)
        found[name] = {
            "value": float(value),
            "classes": {label: float(area) for label, area in classes.items()},
            "points": {label: len(curve[0]) for label, curve in rocs.items()},
        }
    return found


def main() -> None:
    """Write the file."""
    packages = ("sed_scores_eval", "numpy", "pandas", "scipy")
    goldens = {
        "source": "sed_scores_eval intersection_based.psds, by tests/goldens/make_psds.py",
        "versions": {name: version(name) for name in packages},
        "parameters": PARAMETERS,
        "cases": {name: judged(make()) for name, make in CASES.items()},
    }
    Path(__file__).with_suffix("").with_name("psds.json").write_text(json.dumps(goldens, indent=1) + "\n")


if __name__ == "__main__":
    main()
