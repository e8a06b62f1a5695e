"""A lineage to look at: one page that needs nothing else, with a drawing and tables."""

import html
import json
from collections.abc import Callable, Mapping, Sequence

from kd.lineage.drawing import anchor, drawing
from kd.lineage.facts import Facts, labels_in_brief, percent
from kd.lineage.graph import Lineage
from kd.lineage.report import Surroundings, features_in_brief, summary
from kd.lineage.tree import called
from kd.tracking.lineage import Key

CSS = """
:root { color-scheme: light dark; --ink: light-dark(#1d2126, #d8dce1); --paper: light-dark(#fff, #16191d);
  --quiet: light-dark(#59626d, #a3adb8); --line: light-dark(#7b8794, #77828e); --box: light-dark(#f3f5f7, #22272d);
  --used: light-dark(#0060a8, #62b6f2); --rule: light-dark(#ccd2d9, #3a424b); }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 82rem; margin: 1.2rem auto; padding: 0 1rem;
  color: var(--ink); background: var(--paper); }
h1 { font-size: 1.4rem; margin: 0 0 .2rem; overflow-wrap: anywhere; } h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
p { margin: .3rem 0; } .quiet { color: var(--quiet); } a { color: var(--used); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .6rem 0; font-size: 14px; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; padding-bottom: .4rem; } .wide:focus-visible, a:focus-visible { outline: 3px solid var(--used); }
svg { display: block; font: 12px system-ui, sans-serif; } svg text { fill: var(--ink); }
svg .head { font-weight: 600; fill: var(--quiet); } svg .name { font-weight: 600; font-size: 13px; }
svg .more { font-size: 11px; } svg .head, svg .name, svg .more { text-anchor: middle; }
svg a { text-decoration: none; } .box rect { fill: var(--box); stroke: var(--line); stroke-width: 1.2; }
.bare rect { stroke-dasharray: 5 4; } .final rect { stroke: var(--used); stroke-width: 3; }
.box:hover rect, .box:focus-visible rect { stroke: var(--ink); stroke-width: 3; }
.link { fill: none; stroke: var(--line); stroke-width: 1.3; } .link.used { stroke: var(--used); stroke-width: 2.6; }
.tip, .knot { fill: var(--line); } .tip-final { fill: var(--used); }
.words { font-size: 11px; } .paper { fill: var(--paper); }
.words.used { font-weight: 600; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { padding: .2rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); }
th { font-weight: 600; } .f1 td, .f1 thead th { text-align: right; } .f1 tbody th { position: sticky; left: 0;
  background: var(--paper); } .f1 .won { font-weight: 700; text-decoration: underline; text-underline-offset: 3px; }
.versions tbody th { white-space: nowrap; } .hash { overflow-wrap: anywhere; font: 12px/1.4 ui-monospace, monospace; }
.versions td.hash { min-width: 9rem; } :target { background: light-dark(#fff3c4, #423a1c); }
@media screen and (max-width: 800px) { .versions thead { display: none; } .versions, .versions tbody { display: block; }
  .versions tr { display: block; padding: .5rem 0; border-bottom: 2px solid var(--rule); }
  .versions td, .versions tbody th { display: grid; grid-template-columns: 6.5rem 1fr; gap: .5rem; border: 0;
    padding: .1rem 0; overflow-wrap: anywhere; }
  .versions td:empty { display: none; }
  .versions td::before, .versions tbody th::before { content: attr(data-name); color: var(--quiet); font: 13px system-ui; }
  dl { grid-template-columns: 1fr; } dt { margin-top: .3rem; } }
@media print { :root { color-scheme: light; } body { max-width: none; font-size: 11px; margin: 0; } @page { size: landscape; }
  svg { max-width: 100%; height: auto; } .wide { overflow: visible; } tr, svg { break-inside: avoid; }
  table { font-size: 9px; } th, td { padding: .1rem .25rem; } .versions td, .versions td.hash { min-width: 0; }
  .hash { font-size: 8px; } }
"""
LEGEND = (
    "Each arrow leads from a teacher to those that learnt from its labels, or from a champion to the detector made of it; the "
    "words on it are the classes. Thick: what the last version uses. Dashed: deleted, or not recorded. F1: mean over the "
    "classes, tuned, selection split, %. Each box leads to its row below."
)
HASHES = ("run", "label run", "job", "corpus", "code", "commit")
SHARED = ("features", "job", "corpus", "code", "commit")
SCROLLS = "class=wide tabindex=0 role=region"


def page(lineage: Lineage, around: Surroundings) -> str:
    """HTML in light or dark as its reader has it; all names are escaped and nothing is fetched."""
    title = html.escape(f"models:/{lineage.root[0]}/{lineage.root[1]}")
    rows = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>" for name, text in summary(lineage, around)
    )
    parts = [
        f"<h1>Lineage of {title}</h1>",
        f"<dl>{rows}</dl>",
        f"<h2>Who taught whom</h2><p class=quiet>{LEGEND}</p>",
        f"<div {SCROLLS} aria-label='Drawing of the lineage'>{drawing(lineage)}</div>",
        f"<h2>Versions</h2><div {SCROLLS} aria-label='Table of versions'>{_table(lineage, _cells, 'row')}</div>",
        f"<h2>F1 by class</h2><p class=quiet>Tuned, selection split, %. Underlined: used by {title}.</p>",
        f"<div {SCROLLS} aria-label='Table of F1 by class'>{_scores(lineage)}</div>",
        "<h2>Settings and runs</h2><p class=quiet>What all versions share stands at the top, not here.</p>",
        f"<div {SCROLLS} aria-label='Table of settings and runs'>{_table(lineage, _records, 'record')}</div>",
    ]
    head = f"<meta charset=utf-8><meta name=viewport content='width=device-width'><title>Lineage of {title}</title>"
    body = "\n".join(parts)
    return f"<!doctype html>\n<html lang=en><head>{head}<style>{CSS}</style></head>\n<body>{body}\n</body></html>\n"


def _table(lineage: Lineage, cells: Callable[[Lineage, Facts], dict[str, str]], prefix: str) -> str:
    """A row for each version; columns that are empty, or of `SHARED` and the same for all, are left out."""
    rows = {key: {} if facts is None else cells(lineage, facts) for key, facts in lineage.versions.items()}
    values: dict[str, set[str]] = {}
    for found in rows.values():
        for name, text in found.items():
            values.setdefault(name, set()).add(text)
    names = [name for name, texts in values.items() if texts != {""} and (name not in SHARED or len(texts) > 1)]
    head = "".join(f"<th scope=col>{name}</th>" for name in ("version", *names))
    body = "".join(_row(lineage, key, found, names, prefix) for key, found in rows.items())
    return f"<table class=versions><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(lineage: Lineage, key: Key, found: Mapping[str, str], names: Sequence[str], prefix: str) -> str:
    link = f"<a href='#{anchor(key, 'box')}'>{html.escape(called(lineage, key))}</a>"
    row = "".join(
        f"<td data-name='{name}'{' class=hash' if name in HASHES else ''}>{html.escape(found.get(name, ''))}</td>"
        for name in names
    )
    if lineage.versions[key] is None:
        row = f"<td colspan={len(names)} data-name=what>no longer in the registry</td>"
    return f"<tr id='{anchor(key, prefix)}'><th scope=row data-name=version>{link}</th>{row}</tr>"


def _cells(lineage: Lineage, facts: Facts) -> dict[str, str]:
    """What a version is and what it comes from."""
    links = lineage.behind[facts.key]
    sources = "; ".join(f"{called(lineage, link.source)}: {', '.join(link.classes)}" for link in links)
    return {
        "what": facts.title,
        "network": facts.architecture,
        "learnt from": "" if facts.merged or not facts.recorded else labels_in_brief(facts),
        "made of, or taught by": sources or ("" if facts.recorded else "not recorded"),
        "F1 tuned": percent(facts.macro()),
        "F1 fixed": percent(facts.macro("fixed")),
    }


def _records(lineage: Lineage, facts: Facts) -> dict[str, str]:
    """The rest of what is recorded of a version."""
    return {
        "labels": ", ".join(f"{name} {_value(value)}" for name, value in (facts.labels or {}).items()),
        "run": facts.run,
        "label run": facts.label_run,
        "features": features_in_brief(facts),
        "job": facts.job,
        "corpus": facts.corpus,
        "code": facts.code,
        "commit": facts.commit,
    }


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _scores(lineage: Lineage) -> str:
    """Classes down, versions across."""
    known = [facts for facts in lineage.versions.values() if facts is not None and facts.tuned]
    classes = sorted({label for facts in known for label in facts.tuned})
    used = {(link.source, label) for link in lineage.behind[lineage.root] if link.champion for label in link.classes}
    head = "".join(f"<th scope=col>{html.escape(called(lineage, facts.key))}</th>" for facts in known)
    body = []
    for label in classes:
        cells = "".join(
            f"<td{' class=won' if (facts.key, label) in used else ''}>{percent(facts.tuned.get(label))}</td>"
            for facts in known
        )
        body.append(f"<tr><th scope=row>{html.escape(label)}</th>{cells}</tr>")
    return f"<table class=f1><thead><tr><th></th>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
