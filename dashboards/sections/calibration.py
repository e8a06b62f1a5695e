"""Whether scores are probabilities."""

import numpy as np

from dashboards.figures import figure, style
from dashboards.kept import JobRecord
from dashboards.markup import Cell, Figure, Section, chart, percent, quiet, table
from kd.scoring.calibration import Calibration, calibration
from kd.scoring.frame_truth import frame_truth
from kd.scoring.grid import FrameGrid
from kd.scoring.system import System


def section(job: JobRecord, systems: dict[int, System], split: str) -> Section | None:
    """Reliability curves of the last merged detector, as it is and at its temperatures; None without scores."""
    if not systems:
        return None
    system = systems[max(systems)]
    scores = system.scores
    if scores is None or not isinstance(scores.grid, FrameGrid):
        return None
    truth = frame_truth(system.reference, clips=system.clips, classes=system.classes, grid=scores.grid)
    plain = calibration(scores.values, truth, classes=system.classes)
    values = scores.tempered()
    tempered = plain if values is None else calibration(np.clip(values, 0, 1), truth, classes=system.classes)
    figures = {
        "calibration": curves(job, plain, "as the networks give them"),
        "calibration-tempered": curves(job, tempered, "at the fitted temperatures"),
    }
    rows: list[list[Cell | str]] = [
        [label, percent(plain.classes[label].error), percent(tempered.classes[label].error)] for label in job.classes
    ]
    body = (
        quiet(
            f"Frames of the {split} split, binned by score: the share in which the class is really there. On the diagonal "
            "a score is a probability. Temperatures were fitted on the selection split."
        )
        + "<div class=two>"
        + chart("calibration", label="Reliability curves of the scores as they are", height=380)
        + chart("calibration-tempered", label="Reliability curves at the fitted temperatures", height=380)
        + "</div>"
        + table(["class", "error, %", "at its temperature, %"], rows, caption="Calibration error by class")
    )
    return Section("calibration", "Calibration", body, figures)


def curves(job: JobRecord, found: Calibration, title: str) -> Figure:
    """A curve per class, and the diagonal."""
    data = [
        {"x": [0, 1], "y": [0, 1], "mode": "lines", "line": {"color": "#8a8f98", "dash": "dot"}, "showlegend": False}
    ]
    for i, label in enumerate(job.classes):
        curve = found.classes[label].curve
        data.append(
            {
                "x": [round(one.predicted, 4) for one in curve],
                "y": [round(one.observed, 4) for one in curve],
                "text": [f"{one.count} frames" for one in curve],
                "name": label,
                "mode": "lines+markers",
                **style(i),
            }
        )
        if len(job.classes) > 12:
            data[-1]["visible"] = "legendonly"
    error = "" if found.error is None else f", mean error {100 * found.error:.1f} %"
    return figure(
        data, x="mean score", y="share present", title={"text": title + error}, xaxis={"range": [0, 1]}, yaxis={"range": [0, 1]}
    )  # fmt: skip
