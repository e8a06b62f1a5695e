"""A study to look at: one page that needs nothing else, and a table."""

import html
import json
from collections.abc import Iterable
from typing import Any

from kd.config import as_text
from kd.tuning.importance import importances, untold
from kd.tuning.outcome import COMPLETE, FAIL, PRUNED, Studied
from kd.tuning.plots import bars, history, slices

WORDS = {COMPLETE: "complete", PRUNED: "stopped early", FAIL: "failed"}
SHARES = "<p class=quiet>How much each setting decides whether an attempt is among the best tenth (PED-ANOVA).</p>"
CSS = """
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 62rem; margin: 1.5rem auto; padding: 0 1rem;
  color: light-dark(#1d2126, #d8dce1); background: light-dark(#fff, #16191d); }
h1 { font-size: 1.4rem; margin: 0 0 .2rem; overflow-wrap: anywhere; } h2 { font-size: 1.05rem; margin: 1.6rem 0 .3rem; }
p { margin: .3rem 0; } .quiet { opacity: .75; }
svg { max-width: 100%; height: auto; }
.slices { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: .5rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { padding: .15rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #8886; }
th { text-align: right; font-weight: 600; } .best td { background: #e0701e33; font-weight: 600; } .off td { opacity: .6; }
"""


def page(studied: Studied) -> str:
    """HTML with pictures, in light or dark as its reader has it: history, importances, slices, all attempts."""
    told = untold(studied)
    parts = [
        f"<h1>{html.escape(studied.name)}</h1>",
        f"<p class=quiet>{html.escape(_counts(studied))}</p>",
        f"<h2>Best</h2><p>{html.escape(_best(studied))}</p>",
        _table([list(studied.best), [_cell(value) for value in studied.best.values()]]),
        f"<h2>History</h2>{history(studied)}",
        "<p class=quiet>Line: the best so far. Ring: the best. Hollow: a constraint is broken. At the foot: stopped early.</p>",
        f"<h2>Importances</h2>{f'<p>{html.escape(told)}</p>' if told else bars(importances(studied)) + SHARES}",
        f"<h2>Values over each setting</h2><div class=slices>{''.join(slices(studied).values())}</div>",
        f"<h2>Attempts</h2>{_attempts(studied)}",
    ]
    head = f"<meta charset=utf-8><meta name=viewport content='width=device-width'><title>{html.escape(studied.name)}</title>"
    return f"<!doctype html>\n<html lang=en>{head}<style>{CSS}</style>\n" + "\n".join(parts) + "\n</html>\n"


def table(studied: Studied) -> str:
    """All attempts as tab-separated text: a column for each setting, constraint and note, and one for the reports.

    Numbers are whole (repr); what is neither number nor plain text is JSON; what an attempt lacks is empty.
    """
    groups = ("settings", "constraints", "notes")
    names = {group: _names(studied, group) for group in groups}
    head = ["number", "trial", "state", "value", *(f"{g}.{n}" for g in groups for n in names[g]), "reports", "seconds"]
    lines = [head]
    for row in studied.trials:
        lines.append([_text(row[key]) for key in head[:4]])
        lines[-1] += [_text(row[g][n]) if n in row[g] else "" for g in groups for n in names[g]]
        lines[-1] += [_text(row["reports"] or None), _text(row["seconds"])]
    return "".join("\t".join(line) + "\n" for line in lines)


def _counts(studied: Studied) -> str:
    parts = [f"{count} {WORDS[state]}" for state, count in sorted(studied.counts.items())]
    given = (
        f"; the first {studied.enqueued} given"
        if studied.enqueued > 1
        else "; the first given"
        if studied.enqueued
        else ""
    )
    return f"attempts: {', '.join(parts)}{given}. sampler {studied.sampler}, seed {studied.seed}."


def _best(studied: Studied) -> str:
    if not studied.feasible:
        what = "the first that was given" if studied.enqueued else "the first"
        return f"No attempt met its constraints: {what} stands. Its value is {_cell(studied.value)}."
    start = next((row["value"] for row in studied.trials if row["number"] == 0 and row["state"] == COMPLETE), None)
    text = f"Attempt {studied.number}, value {_cell(studied.value)}"
    if start is None or studied.number == 0 or not studied.enqueued:
        return f"{text}."
    return f"{text}; the first that was given, {_cell(start)}."


def _attempts(studied: Studied) -> str:
    names, held = list(studied.space), _names(studied, "constraints")
    rows = [["attempt", "state", "value", *names, *held, "seconds"]]
    looks = []
    for row in studied.trials:
        cells = [row["settings"][name] for name in names] + [row["constraints"].get(name) for name in held]
        rows.append(
            [str(row["number"]), WORDS[row["state"]], *(_cell(cell) for cell in (row["value"], *cells, row["seconds"]))]
        )
        best = row["number"] == studied.number and row["state"] != FAIL
        looks.append("best" if best else "" if row["state"] == COMPLETE else "off")
    return _table(rows, looks)


def _table(rows: list[list[str]], looks: Iterable[str] = ()) -> str:
    looks = [*looks, *("" for _ in rows)]
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in rows[0])
    body = "".join(
        f"<tr{f' class={look}' if look else ''}>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>\n"
        for row, look in zip(rows[1:], looks, strict=False)
    )
    return f"<div class=wide><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>"


def _names(studied: Studied, group: str) -> list[str]:
    """The names in a group of any attempt, in the order they are first met."""
    return list(dict.fromkeys(name for row in studied.trials for name in row[group]))


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else as_text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    plain = isinstance(value, str) and value.isprintable() and not value.startswith(("[", "{", '"'))
    return value if plain else json.dumps(value, ensure_ascii=False)
