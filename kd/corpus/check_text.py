"""Text for people: blocks, lists and short numbers."""

from collections.abc import Sequence


def section(title: str, body: str) -> str:
    """A titled block, or nothing where there is no body."""
    return f"{title}\n{body}\n" if body else ""


def bullets(lines: Sequence[str]) -> str:
    """One line each, with a dash."""
    return "\n".join(f"- {line}" for line in lines)


def number(value: float | None, digits: int = 2) -> str:
    """A number with so many decimals, or a dash for none."""
    return "-" if value is None else f"{value:.{digits}f}"


def span(values: Sequence[float], digits: int = 2) -> str:
    """min / median / max, or one number where all are the same, or a dash."""
    if not values:
        return "-"
    ordered = sorted(values)
    low, middle, high = (number(v, digits) for v in (ordered[0], median(ordered), ordered[-1]))
    return low if low == high else f"{low} / {middle} / {high}"


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the two in the middle."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
