"""How a scene job ends: ensembles, aliases, differences."""

from collections.abc import Mapping
from typing import Any

from kd.passes.job import Job
from kd.scenes.bench import SceneBench
from kd.scenes.judging import System, difference, ensemble
from kd.scenes.recording import ENSEMBLE, Recorded, aliases, champions, record
from kd.tracking.aliases import AliasMoves


def concluded(
    bench: SceneBench,
    job: Job,
    recorded: list[Recorded],
    pairs: Mapping[str, tuple[System, System]],
    titles: tuple[str, str],
) -> dict[str, Any]:
    """Ensembles recorded, aliases moved; what `results.json` says of systems, differences and confusions.

    recorded: networks so far, to which ensembles are added; pairs: by network, the systems before and after; titles: of
    their ensembles, where there are several networks.
    """
    pairs = dict(pairs)
    if len(pairs) > 1:
        both = [ensemble(title, side) for title, side in zip(titles, zip(*pairs.values(), strict=True), strict=True)]
        recorded += [record(bench, each, kind=ENSEMBLE) for each in both]
        pairs["ensemble"] = (both[0], both[1])
    shown = list(pairs.values())[-1]
    final = next(each for each in recorded if each.system.name == shown[1].name)
    best = champions([each for each in recorded if len(each.system.members) == 1])
    AliasMoves(bench.registry).move(
        aliases(best, final.version),
        why=f"scene job {job.iterate_id[:8]}",
        about={"corpus": bench.inputs.corpus.digest},
        run=job.parent,
    )
    return {
        "systems": {each.system.name: each.to_dict() for each in recorded},
        "differences": {name: difference(*pair) for name, pair in pairs.items()},
        "confusions": {"before": shown[0].name, "after": shown[1].name},
        "champions": {label: {"version": each.version, "name": each.system.name} for label, each in best.items()},
        "final": final.system.name,
    }


def told(system: System) -> str:
    """A line on a system."""
    figures = ", ".join(f"{part} {100 * found['accuracy']['value']:.2f} %" for part, found in system.figures.items())
    return f"{system.name}: accuracy {figures}"
