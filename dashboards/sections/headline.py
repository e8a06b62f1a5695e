"""What came of a job, in a few numbers."""

from collections.abc import Sequence
from typing import Any

from dashboards.kept import JobRecord
from dashboards.markup import Section, quiet, text
from kd.progress import clock

Record = dict[str, Any]


def section(job: JobRecord) -> Section:
    """Tagger, first and last pass with their intervals; time and cost; how far choosing flatters."""
    result = job.result
    split = shown_split(job)
    kind = "fixed" if job.params.get("cfg.recipe") == "paper" else "tuned"
    cards = []
    if result["baseline"]:
        cards.append(card("baseline", result["baseline"][split][kind]["macro"]))
    cards.append(card("tagger", result["tagger"][split][kind]["macro"]))
    cards.append(card("pass 1", job.passes[0]["merged"][split][kind]["macro"]))
    last = job.passes[-1]
    if last["index"] > 1:
        cards.append(card(f"pass {last['index']}", last["merged"][split][kind]["macro"], final=True))
    about = result["selection"]
    name = (about[split] or about["select"])["split"]
    facts = [
        f"{clock(result['seconds'])} of work, {result['clip_steps']} clips through training steps",
        f"{sum(len(each['candidates']) for each in job.passes) + 1} networks, {len(job.classes)} classes",
    ]
    if few := (about[split] or about["select"]).get("few_makers"):
        facts.append(f"fewer than 5 makers, so that their intervals say little: {', '.join(few)}")
    peaks = [c["megabytes"] for each in job.passes for c in each["candidates"] if c.get("megabytes")]
    if peaks:
        facts.append(f"{max(peaks) / 1024:.1f} GB of memory at most in a training")
    scored = (
        "on which nothing was chosen"
        if split == "report" and not about["crossfit"]
        else "cross-fitted: chosen on one half, scored on the other"
        if about["crossfit"]
        else "on which champions, thresholds and windows were chosen: these numbers flatter"
    )
    words = (
        f"Event-based macro F1 in per cent on {name}, {scored}; {kind} operating points; "
        f"95 % intervals by {about['select']['by']}."
    )
    return Section(
        "headline",
        "What came of it",
        f"<div class=cards>{''.join(cards)}</div>{quiet(words)}"
        f"<ul class=facts>{''.join(f'<li>{text(fact)}</li>' for fact in facts)}{optimism(result, kind)}</ul>"
        + (quiet("The job is still at work: this is what its finished passes found.") if job.running else ""),
    )


def shown_split(job: JobRecord) -> str:
    """The split whose numbers lead: the reported one, where there is one."""
    return "select" if job.result["final"]["report"] is None else "report"


def card(name: str, figures: Record, *, final: bool = False) -> str:
    """F1 with its interval."""
    return number_card(name, figures["f1"], figures.get("f1_interval"), final=final)


def number_card(
    name: str, value: float | None, interval: Sequence[float | None] | None, *, final: bool = False, sign: bool = False
) -> str:
    """One number in per cent with its interval; sign: of a difference."""
    shown = "–" if value is None else f"{100 * value:{'+' if sign else ''}.1f}"
    known = [bound for bound in interval or () if bound is not None]
    span = f"{100 * known[0]:.1f} to {100 * known[1]:.1f}" if len(known) == 2 else ""
    return (
        f"<div class='card{' final' if final else ''}'><div class=name>{text(name)}</div>"
        f"<div class=value>{shown}</div><div class=span>{span}</div></div>"
    )


def optimism(result: Record, kind: str) -> str:
    """How much the score on what was chosen on flatters."""
    found = (result["final"].get("optimism") or {}).get(kind)
    if not found or found["value"] is None:
        return ""
    uneven, every = result["selection"]["uneven"], len(result["classes"])
    some = f", {every - len(uneven)} of {every} classes" if uneven else ""
    low, high = found["low"], found["high"]
    span = "" if low is None else f" [{100 * low:.1f}, {100 * high:.1f}]"
    what = f"{100 * found['value']:.1f}{span} points (chosen and scored, minus cross-fitted{some})"
    return f"<li>optimism of choosing: {what}</li>"
