"""`champions`: each class's champion, where it came from and who put it there."""

from collections.abc import Mapping, Sequence

from kd.config import say
from kd.passes.results import percent
from kd.promotion.policies import Versions
from kd.promotion.settings import ChampionsSettings
from kd.text import aligned
from kd.tracking.aliases import OUTSIDE
from kd.tracking.ledger import Entry, Ledger, newest
from kd.tracking.registry import MERGED, STAGES, Registry, best_alias, check_name
from kd.tracking.runs import Runs
from kd.tracking.store import open_store

HEAD = (
    "class",
    "alias",
    "version",
    "network",
    "pass",
    "name",
    "F1 tuned",
    "F1 fixed",
    "run",
    "moved by",
    "when",
    "why",
)


def champions(settings: ChampionsSettings) -> int:
    """Print both tables; returns the exit code."""
    check_name(settings.model)
    client = open_store(there=True)
    registry, runs = Registry(client, settings.model), Runs(client)
    aliases, entries = registry.aliases(), Ledger(registry).entries()
    versions = {version.number: version for version in registry.versions()}
    standing = {versions[number].run_id for number in aliases.values() if number in versions}
    networks = {run: runs.params_of(run).get("cfg.architecture", "-") for run in sorted(standing)}
    say(champion_table(versions, aliases, entries, networks))
    say("F1 in per cent, by events, on the selection split\n")
    say(stage_table(versions, aliases, entries))
    return 0


def champion_table(
    versions: Versions, aliases: Mapping[str, int], entries: Sequence[Entry], networks: Mapping[str, str]
) -> str:
    """A line for each class that any version knows; networks: run to its architecture."""
    labels = sorted({label for version in versions.values() for label in version.scores("tuned")})
    if not labels:
        return "no version knows a class: run iterate first"
    rows = [list(HEAD)]
    for label in labels:
        alias = best_alias(label)
        number = aliases.get(alias)
        if number is None:
            rows.append([label, alias, "none", *["-"] * 8, "no champion: iterate or promote gives it one"])
            continue
        version = versions[number]
        f1 = [percent(version.scores(kind).get(label)) for kind in ("tuned", "fixed")]
        what = [networks.get(version.run_id, "-"), version.tags.get("kd.pass", "-"), version.tags.get("kd.name", "-")]
        rows.append([label, alias, str(number), *what, *f1, version.run_id or "-", *moved(entries, alias, number)])
    return aligned(rows, left=len(HEAD))


def stage_table(versions: Versions, aliases: Mapping[str, int], entries: Sequence[Entry]) -> str:
    """A line for the merged detector and each stage."""
    rows = [["detector", "version", "pass", "name", "moved by", "when", "why"]]
    for alias in (MERGED, *STAGES):
        number = aliases.get(alias)
        if number is None:
            missing = "run iterate or merge first" if alias == MERGED else f"promote stage={alias} puts one there"
            rows.append([alias, "none", *["-"] * 4, missing])
        else:
            tags = versions[number].tags
            named = [tags.get("kd.pass", "-"), tags.get("kd.name", "-")]
            rows.append([alias, str(number), *named, *moved(entries, alias, number)])
    return aligned(rows, left=7)


def moved(entries: Sequence[Entry], alias: str, number: int) -> tuple[str, str, str]:
    """Who put an alias where it stands, when and why."""
    entry = newest(entries).get(alias)
    if entry is None or entry.aliases[alias][1] != number:
        return "-", "-", OUTSIDE
    return entry.by, entry.at, f"{entry.kind}: {entry.why}"
