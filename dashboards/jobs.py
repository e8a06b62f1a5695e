"""The jobs of a store, as a page: what they found, and a way to put them side by side."""

import json
from datetime import UTC, datetime
from typing import Any

from dashboards.markup import Section, quiet, text
from dashboards.page import Page
from kd.tracking.runs import Runs

MOST = 500  # jobs shown
HEAD = ("compare", "job", "begun", "state", "passes", "F1 selected", "F1 reported", "corpus")


def jobs_page(runs: Runs) -> Page:
    """A row per job, the newest first; those that finished a pass lead to their report."""
    found = [run for run in runs.find({"kd.kind": "iterate"}) if "kd.resumed_by" not in run.data.tags]
    rows = "".join(_row(runs, run) for run in found[:MOST])
    if not found:
        body = quiet("No iterate run is in this store yet.")
    else:
        head = "".join(
            f"<th scope=col{' class=n' if i > 3 and i < 7 else ''}>{name}</th>" for i, name in enumerate(HEAD)
        )
        body = (
            "<form action=compare method=get><div class=wide tabindex=0 role=region aria-label=Jobs><table><caption>Jobs"
            f"</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
            "<p><button>compare those that are marked</button></p></form>"
        )
        if len(found) > MOST:
            body += quiet(f"the newest {MOST} of {len(found)}")
    return Page(title="Jobs", intro="", sections=[Section("jobs", "Jobs", body)])


def _row(runs: Runs, run: Any) -> str:
    identity, tags = str(run.info.run_id), run.data.tags
    path = runs.kept(identity, "results.json")
    name = text(tags.get("mlflow.runName", "iterate"))
    begun = datetime.fromtimestamp(run.info.start_time / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    cells = [begun, run.info.status.lower(), "0", "–", "–"]
    if path is not None:
        result = json.loads(path.read_text("utf-8"))
        final = result["final"]
        cells[2] = f"{len(result['passes'])} of {run.data.params.get('cfg.passes', len(result['passes']))}"
        cells[3:] = [_percent(final["select"]), _percent(final["report"])]
        name = f"<a href='runs/{text(identity)}/'>{name} {text(identity[:8])}</a>"
    inputs = run.inputs.dataset_inputs if run.inputs else []
    cells.append(inputs[0].dataset.name if inputs else "")
    mark = (
        ""
        if path is None
        else f"<input type=checkbox name=run value='{text(identity)}' aria-label='compare {text(identity[:8])}'>"
    )
    row = "".join(f"<td{' class=n' if i in (2, 3, 4) else ''}>{text(cell)}</td>" for i, cell in enumerate(cells))
    return f"<tr><td>{mark}</td><th scope=row>{name}</th>{row}</tr>"


def _percent(scores: Any) -> str:
    value = None if scores is None else scores["tuned"]["macro"]["f1"]
    return "–" if value is None else f"{100 * value:.2f}"
