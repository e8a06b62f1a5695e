"""The papers' tables from `results.json` of a scene job, as text."""

from collections.abc import Mapping
from typing import Any

from kd.text import aligned

Result = Mapping[str, Any]
POINTS = {
    "output": "output layer",
    "both": "output & last hidden layer",
    "embedding": "last hidden layer",
}  # as in Table 5


def tables(result: Result) -> str:
    """Every table of a job, of the reported part where there is one, then of the other."""
    parts = [part for part in ("report", "select") if part in result["clips"]]
    found = []
    for part in parts:
        of = result["clips"][part]["split"]
        found += [
            f"{title}\naccuracy, %, {part}: {of}\n{aligned(rows, rule=True)}"
            for title, rows in paper_tables(result, part)
        ]
    return "\n\n".join([*found, differences(result)])


def paper_tables(result: Result, part: str) -> list[tuple[str, list[list[str]]]]:
    """Titles and rows of the tables of a job's paper."""
    return of_s5(result, part) if result["kind"] == "scenes_teacher_student" else of_s3(result, part)


def shown(result: Result, name: str, part: str) -> str:
    """A system's accuracy in per cent."""
    return f"{100 * result['systems'][name][part]['accuracy']['value']:.2f}"


def with_bounds(bounds: Mapping[str, float | None], *, sign: bool = False) -> str:
    """A value in per cent with its interval; sign: of a difference."""
    if bounds["value"] is None:
        return "-"
    value = f"{100 * bounds['value']:{'+' if sign else ''}.2f}"
    low, high = bounds["low"], bounds["high"]
    return value if low is None or high is None else f"{value} [{100 * low:.2f}, {100 * high:.2f}]"


def differences(result: Result) -> str:
    """What the papers' methods gain, with intervals."""
    rows = [["after minus before", *result["clips"]]]
    for name, each in result["differences"].items():
        rows.append([name, *(with_bounds(each[part], sign=True) for part in result["clips"])])
    return f"differences in accuracy, points, 95 % intervals by place\n{aligned(rows, rule=True)}"


def of_s5(result: Result, part: str) -> list[tuple[str, list[list[str]]]]:
    """S5's Tables 4, 5 and 6: titles and rows."""
    found = result["tables"]
    made: list[tuple[str, list[list[str]]]] = []
    if "table 4" in found:
        table = found["table 4"]
        rows = [["temperature", *(f"teacher hears {clips} x" for clips in table["clips"])]]
        for heat, names in zip(table["temperatures"], table["systems"], strict=True):
            rows.append([f"{heat:g}", *(shown(result, name, part) for name in names)])
        made.append((f"Table 4: temperature and length of the teacher's input, {table['network']}", rows))
    if "table 5" in found:
        table = found["table 5"]
        rows = [["point", "accuracy"]]
        rows += [[POINTS[point], shown(result, name, part)] for point, name in table["systems"].items()]
        made.append((f"Table 5: points of distillation, {table['network']}", rows))
    rows = [["system", "without", "with"]]
    rows += [[name, *(shown(result, each, part) for each in pair)] for name, pair in found["table 6"].items()]
    made.append(("Table 6: without and with teacher-student learning", rows))
    return made


def of_s3(result: Result, part: str) -> list[tuple[str, list[list[str]]]]:
    """S3's Table 6, with what a generalist reaches that is trained for as long as a student."""
    found = result["tables"]["table 6"]
    specialists = max(len(names) for names in found.values()) - 3
    rows = [["network", "G", "G gone on", *(f"S{i + 1}" for i in range(specialists)), "St"]]
    for name, names in found.items():
        rows.append([name, *(shown(result, each, part) for each in names)])
    if "ensemble" in result["differences"]:
        before, after = (result["confusions"][side] for side in ("before", "after"))
        rows.append(["ensemble", shown(result, before, part), *[""] * (specialists + 1), shown(result, after, part)])
    made = [("Table 6: generalist, specialists, student", rows)]
    rows = [["pair", "G", "St"]]
    for name, pairs in result["pairs"].items():
        for pair, (before, after) in zip(pairs, result["between"][name][part], strict=True):
            rows.append([f"{name}: {' and '.join(pair)}", str(before), str(after)])
    return [*made, ("clips of a pair taken for the other class", rows)]
