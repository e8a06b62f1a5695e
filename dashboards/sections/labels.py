"""What the labels of each pass were like."""

from dashboards.figures import figure, hundred, style
from dashboards.kept import JobRecord
from dashboards.markup import Cell, Figure, Section, chart, number, percent, quiet, table


def section(job: JobRecord) -> Section | None:
    """Shares of positive frames, agreement with the pass before, accepted clips, settings; None before pass 2."""
    passes = [each for each in job.passes if each["labels"]]
    if not passes:
        return None
    figures = {"label-positive": lines(job, "positive", "positive frames, %")}
    parts = [
        quiet("From pass 2 on, students learn from what the champions detect in every training clip, smoothed."),
        chart("label-positive", label="Share of positive frames of each class over the passes", height=360),
    ]
    if any(each["labels"]["agreement"] for each in passes):
        figures["label-agreement"] = lines(job, "agreement", "frames alike, %")
        parts.append(chart("label-agreement", label="Share of frames whose label is as in the pass before", height=360))
    if any(each["labels"]["accepted"] for each in passes):
        figures["label-accepted"] = accepted(job)
        parts.append(chart("label-accepted", label="Share of weakly labelled clips that were accepted", height=360))
    return Section("labels", "Labels", "".join(parts) + settings(job), figures)


def lines(job: JobRecord, key: str, y: str) -> Figure:
    """A line per class."""
    passes = [each for each in job.passes if each["labels"] and each["labels"][key]]
    x = [each["index"] for each in passes]
    data = [
        {"x": x, "y": hundred([each["labels"][key][label] for each in passes]), "name": label, "mode": "lines+markers"}
        | style(i)
        for i, label in enumerate(job.classes)
    ]
    return figure(data, x="pass", y=y, xaxis={"dtick": 1})


def accepted(job: JobRecord) -> Figure:
    """Clips whose detected tags are the known ones."""
    passes = [each for each in job.passes if each["labels"] and each["labels"]["accepted"]]
    x = [each["index"] for each in passes]
    rows = [each["labels"]["accepted"] for each in passes]
    data = [{"x": x, "y": hundred([row["clips"] for row in rows]), "name": "clips", "mode": "lines+markers"} | style(0)]
    data += [
        {"x": x, "y": hundred([row["classes"][label] for row in rows]), "name": label, "mode": "lines+markers"}
        | style(i)
        for i, label in enumerate(job.classes, start=1)
    ]
    return figure(data, x="pass", y="clips accepted, %", xaxis={"dtick": 1})


def settings(job: JobRecord) -> str:
    """The settings of each pass, what they score, and what the paper's would have scored."""
    rows: list[list[Cell | str]] = []
    for each in job.passes:
        labels = each["labels"]
        if not labels:
            continue
        used, quality = labels["settings"], labels.get("quality", {})
        rows.append(
            [
                Cell(str(each["index"]), each["index"]),
                used["kind"],
                number(used["temperature"]),
                number(used["window"], digits=0),
                number(used["sigma"]),
                number(labels["threshold"]),
                number(used["decay"], digits=3),
                percent(quality.get("now", {}).get("f1")),
                percent(quality.get("paper", {}).get("f1")),
                ", ".join(f"{label} ({how})" for label, how in labels["collapsed"].items()) or "none",
            ]
        )
    head = [
        "pass",
        "labels",
        "temperature",
        "window",
        "σ",
        "threshold",
        "decay",
        "F1 of labels, %, selection",
        "F1 of the paper's, %",
        "collapsed",
    ]
    return table(head, rows, caption="Label settings by pass", left=2)
