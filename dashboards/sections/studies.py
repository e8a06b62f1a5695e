"""Optuna's studies: history, importances, slices."""

from collections.abc import Sequence
from typing import Any

from dashboards.figures import COLOURS, figure
from dashboards.kept import JobRecord
from dashboards.markup import Figure, Section, chart, folded, pairs, quiet

Study = dict[str, Any]
SETTING = "settings."
KINDS = {"labels": "the labels themselves, scored on the selection split", "student": "short students, scored on it"}


def section(job: JobRecord) -> Section | None:
    """One folded part per study, the last one open to the eye first; None where nothing was tuned."""
    studies = job.studies()
    titles = [
        f"pass {each['pass']}: {KINDS.get(each['kind'], each['kind'])}, {sum(each['counts'].values())} attempts"
        for each in studies
    ]
    return shown(list(zip(titles, studies, strict=True)))


def shown(studies: Sequence[tuple[str, Study]], *, value: str = "event F1, selection split") -> Section | None:
    """Studies under their titles, the last one first; None where there is none. value: what their values are."""
    if not studies:
        return None
    figures: dict[str, Figure] = {}
    parts = [quiet("What Optuna tried before students were trained. A ring marks the best attempt.")]
    for number, (title, study) in reversed(list(enumerate(studies, start=1))):
        name = f"study-{number}"
        figures[f"{name}-history"] = history(study, value)
        body = pairs(
            [("best", settings_of(study["best"])), ("value", f"{study['value']:.4f}"), ("name", study["name"])]
        )
        body += chart(f"{name}-history", label="Value of every attempt, and the best so far", height=260)
        if study.get("importances"):
            figures[f"{name}-importances"] = importances(study)
            body += chart(
                f"{name}-importances", label="Importance of each setting", height=80 + 30 * len(study["best"])
            )
        else:
            body += quiet("Importances are told from 20 complete attempts on.")
        figures[f"{name}-slices"] = slices(study)
        body += chart(f"{name}-slices", label="Value over each setting", height=280)
        parts.append(folded(title, body))
    return Section("studies", "Studies", "".join(parts), figures)


def settings_of(best: dict[str, Any]) -> str:
    """Settings in a line."""
    return ", ".join(
        f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in best.items()
    )


def complete(study: Study) -> list[dict[str, str]]:
    """Attempts that have a value."""
    return [row for row in study["trials"] if row["state"] == "COMPLETE" and row["value"]]


def history(study: Study, what: str) -> Figure:
    """Values in the order of the draws, and the best so far of those that meet their constraints."""
    rows = complete(study)
    best: list[float] = []
    for row in rows:
        held = all(float(row[key] or 0) <= 0 for key in row if key.startswith("constraints."))
        value = float(row["value"]) if held else float("-inf")
        best.append(max(value, best[-1] if best else float("-inf")))
    x = [int(row["number"]) for row in rows]
    known = [(i, value) for i, value in zip(x, best, strict=True) if value > float("-inf")]
    data = [
        points(study, x),
        {"x": [i for i, _ in known], "y": [v for _, v in known], "name": "best so far", "mode": "lines"},
    ]
    data[1] |= {"line": {"shape": "hv", "color": COLOURS[5]}}
    return figure(data, x="attempt", y=f"value: {what}", showlegend=False)


def points(study: Study, x: list[Any], **more: Any) -> Figure:
    """Values over something, a ring around the best."""
    rows = complete(study)
    ring = [int(row["number"]) == study["number"] for row in rows]
    return {
        "x": x,
        "y": [float(row["value"]) for row in rows],
        "mode": "markers",
        "hovertext": [settings_of(settings_in(row)) for row in rows],
        "marker": {
            "color": COLOURS[0],
            "size": [13 if best else 7 for best in ring],
            "line": {"width": [3 if best else 0 for best in ring], "color": COLOURS[5]},
        },
        **more,
    }  # fmt: skip


def settings_in(row: dict[str, str]) -> dict[str, str]:
    """The settings of an attempt."""
    return {key.removeprefix(SETTING): value for key, value in row.items() if key.startswith(SETTING)}


def importances(study: Study) -> Figure:
    """Shares of the settings, the largest on top."""
    found = dict(reversed(list(study["importances"].items())))
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "x": list(found.values()),
            "y": list(found),
            "marker": {"color": COLOURS[0]},
        }
    ]
    return figure(data, x="importance (PED-ANOVA)", yaxis={"automargin": True, "title": {"text": ""}})


def slices(study: Study) -> Figure:
    """Values over each setting, side by side."""
    names = list(study["best"])
    data = []
    layout: dict[str, Any] = {"showlegend": False, "grid": {"rows": 1, "columns": len(names), "pattern": "coupled"}}
    for i, name in enumerate(names):
        at = "" if i == 0 else str(i + 1)
        cells = [row[f"{SETTING}{name}"] for row in complete(study)]
        data.append(points(study, [_typed(cell) for cell in cells], xaxis=f"x{at}", yaxis="y"))
        layout[f"xaxis{at}"] = {"title": {"text": name}, "nticks": 4}
    return figure(data, y="value", **layout)


def _typed(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell
