"""What a job prints: teachers, how they were weighed, students."""

from collections.abc import Mapping, Sequence
from typing import Any

from kd.passes.judging import macro
from kd.passes.results import between, percent
from kd.text import aligned

AGAINST = {
    "to_best_teacher": "minus best teacher",
    "to_none": "minus without teachers",
    "of_int8": "int8 minus float32",
}


def tables(record: Mapping[str, Any]) -> str:
    """Every table of a job."""
    return "\n\n".join([teachers(record), weightings(record), students(record), differences(record), sizes(record)])


def teachers(record: Mapping[str, Any]) -> str:
    """F1 of each teacher, overall and on the selection split by class; a star marks the best of a class."""
    classes, splits = record["classes"], list(record["splits"])
    f1 = [[each["select"]["tuned"]["classes"][c]["f1"] or 0.0 for c in classes] for each in record["teachers"]]
    best = [max(range(len(f1)), key=lambda k: f1[k][c]) for c in range(len(classes))]
    rows = [["teacher", "parameters", *splits, *(label[:9] for label in classes)]]
    for k, each in enumerate(record["teachers"]):
        figures = [percent(value) + ("*" if best[c] == k else "") for c, value in enumerate(f1[k])]
        rows.append([each["name"], str(each["parameters"]), *macros(each, splits), *figures])
    told = f"teachers, event F1, %, tuned; of classes on {record['splits']['select']}, * the best\n{aligned(rows)}"
    if len(f1) > 1:
        apart = [value for i, row in enumerate(record["disagreement"]) for value in row[:i]]
        told += (
            f"\nthey disagree about {100 * min(apart):.0f} to {100 * max(apart):.0f} % of what either of two detects, "
            f"{100 * sum(apart) / len(apart):.0f} % on average"
        )
    return told


def weightings(record: Mapping[str, Any]) -> str:
    """What the teachers say together, weighed in each way."""
    splits = list(record["splits"])
    rows = [["weights", *(word for split in splits for word in (split, "95 %")), "teachers heard, by class"]]
    for name, each in record["weightings"].items():
        heard = [sum(w > 0.01 for w in weights.values()) for weights in each["weights"].values()]
        figures = [word for split in splits for word in with_interval(each[split])]
        rows.append([name, *figures, " ".join(map(str, heard))])
    return f"the teachers together, macro event F1, %, tuned\n{aligned(rows)}"


def students(record: Mapping[str, Any]) -> str:
    """F1 of each student, in float32 and int8."""
    splits = list(record["splits"])
    rows = [["student", "parameters", *(word for s in splits for word in (s, "95 %", f"{s} int8"))]]
    for each in record["students"]:
        figures = [
            word for split in splits for word in (*with_interval(each[split]), percent(macro(each["int8"][split])))
        ]
        name = each["name"] + (" <" if each["name"] == record["proposed"] and len(record["students"]) > 1 else "")
        rows.append([name, str(each["parameters"]), *figures])
    told = f"students, macro event F1, %, tuned\n{aligned(rows)}"
    return told + ("\n<: the knee of size and F1, proposed" if len(record["students"]) > 1 else "")


def differences(record: Mapping[str, Any]) -> str:
    """Paired differences of macro event F1 in points, on each split."""
    parts = []
    for split, name in record["splits"].items():
        found = [each["differences"][split] for each in record["students"]]
        kinds = [kind for kind in AGAINST if any(kind in each for each in found)]
        rows = [["student", *(AGAINST[kind] for kind in kinds)]]
        for each, own in zip(record["students"], found, strict=True):
            rows.append([each["name"], *(signed(own[kind]) if kind in own else "" for kind in kinds)])
        by = found[0]["to_best_teacher"]["by"]
        parts.append(f"paired differences of macro event F1 on {name}, points, 95 % by {by}\n{aligned(rows)}")
    return "\n\n".join(parts)


def sizes(record: Mapping[str, Any]) -> str:
    """What each student costs."""
    rows = [
        [
            "student",
            "times smaller",
            "than the best",
            "than all",
            "million multiply-adds",
            *(f"{what}, {numbers}" for what in ("kB of ONNX", "ms a clip", "MB") for numbers in ("float32", "int8")),
        ]
    ]
    for each in record["students"]:
        costs = [each["costs"][numbers] for numbers in ("float32", "int8")]
        rows.append(
            [
                each["name"],
                *(f"{value:.1f}" for value in each["smaller"].values()),
                f"{each['multiplications'] / 1e6:.2f}",
                *(f"{cost['onnx_bytes'] / 1e3:.1f}" for cost in costs),
                *(f"{cost['milliseconds']:.1f}" for cost in costs),
                *(f"{cost['megabytes']:.0f}" if "megabytes" in cost else "" for cost in costs),
            ]
        )
    head = f"times smaller than {record['reference']} parameters; a clip of noise on one core, features included"
    return f"{head}, in a process of numpy and onnxruntime\n{aligned(rows)}"


def macros(each: Mapping[str, Any], splits: Sequence[str]) -> list[str]:
    """Macro F1 on each split."""
    return [percent(macro(each[split])) for split in splits]


def with_interval(figures: Mapping[str, Any]) -> list[str]:
    """Macro F1 and its interval."""
    one = figures["tuned"]["macro"]
    return [percent(one["f1"]), between(*(one.get("f1_interval") or (None, None)))]


def signed(change: Mapping[str, Any]) -> str:
    """`+1.20 [0.10, 2.30]`."""
    if change["value"] is None:
        return "-"
    low, high = change["low"], change["high"]
    return f"{100 * change['value']:+.2f}" + ("" if low is None else f" [{100 * low:.2f}, {100 * high:.2f}]")
