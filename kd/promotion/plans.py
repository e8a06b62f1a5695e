"""What `promote` would do by a policy, or for a stage: the moves, why, the table and the evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kd.config import home
from kd.corpus.locate import DEMO
from kd.detection.detector import load_detector
from kd.errors import UserError
from kd.passes.plan import listed
from kd.passes.results import between, percent
from kd.passes.threads import use_threads
from kd.promotion.bouts import Bouts, significant
from kd.promotion.gates import Gate, Limits, gates, refusal
from kd.promotion.latency import median_latency
from kd.promotion.policies import Proposal, Versions, best, known, manual, numbers
from kd.promotion.settings import PromoteSettings
from kd.text import aligned
from kd.tracking.lineage import job_run
from kd.tracking.registry import MERGED, STAGES, Registry, Version, fetch
from kd.tracking.runs import Runs

Aliases = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Promotion:
    """targets: alias to version, None to take it off; why, evidence: for the record; table: for the user; refused: why not."""

    targets: Mapping[str, int | None]
    why: str
    evidence: Mapping[str, Any]
    table: str
    refused: UserError | None = None


def of_policy(settings: PromoteSettings, registry: Registry, versions: Versions, aliases: Aliases) -> Promotion:
    """Champions by `policy=`."""
    evidence: dict[str, Any] = {"policy": settings.policy, "model": registry.name}
    if settings.policy == "manual":
        found = manual(versions, aliases, settings.moves)
    else:
        found = best(
            versions,
            aliases,
            kind=settings.judged_by,
            named=numbers(settings.versions, "versions", versions),
            classes=listed(settings.classes, "classes") if settings.classes else (),
        )
    told = ""
    if settings.policy == "significant":
        bouts = Bouts(versions, settings)
        found = significant(found, bouts)
        told = f"\n{bouts.told()}" if bouts.systems else ""
        evidence["compared"] = [
            {"from": old, "to": new, **{key: each[key] for key in ("difference", "settings")}}
            for (old, new), each in bouts.found.items()
        ]
    evidence["moves"] = [each.to_dict() for each in found]
    targets = {each.alias: each.new for each in found if each.moves}
    if settings.policy == "manual":
        told = "".join(f"\n{note}" for note in odd(found, versions))
    return Promotion(
        targets, settings.policy, evidence, proposals_table(found, drawn=settings.policy == "significant") + told
    )


def of_stage(settings: PromoteSettings, registry: Registry, versions: Versions, aliases: Aliases) -> Promotion:
    """A detector to `stage=`, if it passes the gates."""
    stage = settings.stage
    number = settings.version or _before(stage, aliases)
    version = known(versions, number, "version")
    holder = next((aliases[name] for name in ("production", stage) if name in aliases), None)
    head = f"{stage}: version {aliases.get(stage, 'none')} -> {number}"
    move = {"alias": stage, "from": aliases.get(stage), "to": number}
    evidence: dict[str, Any] = {"stage": stage, "model": registry.name, "holder": holder, "moves": [move]}
    if aliases.get(stage) == number:
        return Promotion({}, stage, evidence, f"{stage} stands on version {number} already")
    if settings.gates == "off":
        why = f"{stage}, gates off"
        return Promotion(
            {stage: number}, why, {**evidence, "gates": "off"}, f"{head}\ngates are off: nothing is checked"
        )
    check_data(settings, registry, version)
    use_threads(settings.threads)
    bouts = Bouts(versions, settings)
    detector = load_detector(fetch(registry.client, version, cache=home() / "models"))
    contrast = None if holder is None else bouts.between(holder, number)
    lost = [] if holder is None else sorted(set(bouts.system(holder).classes) - set(detector.classes))
    found = gates(
        bouts.alone(number) if contrast is None else contrast["b"],
        None if contrast is None else contrast["a"],
        lost=lost,
        latency=median_latency(detector),
        limits=Limits(settings.class_drop, settings.calibration, settings.latency_ms / 1000),
    )
    difference = None if contrast is None else contrast["difference"]["macro"]["f1"]
    evidence |= {"gates": [gate.to_dict() for gate in found], "difference": difference}
    if contrast is not None:
        evidence |= {"settings_of_difference": contrast["settings"], "systems": bouts_of(contrast)}
    holds = "nothing stands there yet" if holder is None else f"the present holder is version {holder}"
    lines = [f"{head}; {holds}", gates_table(found)]
    if difference is not None:
        span = between(difference["low"], difference["high"])
        lines.append(f"difference of macro event F1: {_signed(difference['value'])}, 95 % {span}")
    lines.append(bouts.told())
    address = f"models:/{registry.name}/"
    closer = f"compare --a {address}{holder} --b {address}{number}" if holder else f"evaluate --model {address}{number}"
    return Promotion({stage: number}, stage, evidence, "\n".join(lines), refusal(found, stage=stage, closer=closer))


def odd(found: list[Proposal], versions: Versions) -> list[str]:
    """What a person who moves aliases by hand may not have meant."""
    notes = []
    for each in found:
        merged = versions[each.new].kind == MERGED
        if each.moves and merged != (each.alias in (MERGED, *STAGES)):
            what = "a merged detector" if merged else "a single network"
            other = "single networks" if merged else "detectors merged of champions"
            notes.append(f"note: version {each.new} is {what}; {each.alias} is for {other}")
    return notes


def check_data(settings: PromoteSettings, registry: Registry, version: Version) -> None:
    """Raises UserError where a version of a job on a corpus of its own would be judged on the demo, unasked."""
    _, params = job_run(Runs(registry.client), version.iterate_id)
    own = params.get("cfg.data", DEMO)
    if settings.data == DEMO and own != DEMO:
        raise UserError(
            f"version {version.number} is of a job on {own}, and data={DEMO} would judge it on generated sounds",
            f"give data={own}, or another corpus of its classes",
        )


def bouts_of(contrast: Mapping[str, Any]) -> list[Any]:
    """Where the scores of both systems came from."""
    return [*contrast["a"]["systems"], *contrast["b"]["systems"]]


def proposals_table(found: list[Proposal], *, drawn: bool) -> str:
    """A line for each alias: where it stands, what is best, and what happens."""
    rows = [["class", "alias", "now", "to", "F1 now", "F1 to", *(["change", "95 %"] if drawn else []), "verdict"]]
    for each in found:
        change = [_signed((each.difference or {}).get("value")), _span(each.difference)] if drawn else []
        now = "none" if each.old is None else str(each.old)
        rows.append([each.label, each.alias, now, str(each.new), *map(percent, each.f1), *change, _verdict(each)])
    note = "F1 in per cent, by events, on the selection split"
    return "\n".join([aligned(rows, left=2), note + ("; (few): fewer than 5 makers" if drawn else "")])


def gates_table(found: list[Gate]) -> str:
    """A line for each gate: the figure, what passes, and whether it does."""
    rows = [["gate", "figure", "limit", ""]]
    for gate in found:
        shown = percent if gate.name.endswith("%") else lambda value: f"{value:.4g}"
        rows.append([gate.name, shown(gate.value), shown(gate.bound), "passed" if gate.passed else "refused"])
    return aligned(rows)


def _before(stage: str, aliases: Aliases) -> int:
    """The version that goes to a stage where none is named. Raises UserError where there is none."""
    source = {"candidate": MERGED, **dict(zip(STAGES[1:], STAGES, strict=False))}[stage]
    if source not in aliases:
        hint = "run iterate or merge first" if source == MERGED else f"promote stage={source} first"
        raise UserError(f"no version has the alias {source}, from which {stage} takes it", f"{hint}, or name version=")
    return aliases[source]


def _verdict(proposal: Proposal) -> str:
    if proposal.held:
        return f"stays: {proposal.held}"
    return "moves" if proposal.moves else "stays"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:+.2f}"


def _span(difference: Mapping[str, Any] | None) -> str:
    if difference is None:
        return "-"
    return between(difference["low"], difference["high"]) + (" (few)" if difference["few_makers"] else "")
