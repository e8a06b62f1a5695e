"""The SRU as nodes: the equations and layouts of `kd.models.sru_reference`, frames first.

Only what depends on the frame before is inside the Scan, which walks any number of frames: the cell, and in version 2 the
forget gate. All else is computed for all frames at once.
"""

from typing import Any

from kd.export.graph import Graph, value
from kd.models.sru import SRU

BODY = {1: ("forget", "fresh"), 2: ("forget", "new")}  # what the Scan reads of each frame


def recurrence(graph: Graph, layer: SRU, x: str) -> str:
    """(frames, batch, input_size) → (frames, batch, directions · hidden_size)."""
    both, k = range(layer.directions), layer.products
    products = graph.node("MatMul", x, graph.constant("sru.weight", layer.weight), to="sru.products")
    names = [f"sru.{d}.product.{i}" for d in both for i in range(k)]
    u = graph.several("Split", [products], to=names, attributes={"axis": 2})
    skips = u[3::4] if k == 4 else _directions_of(graph, layer, x)
    forgets = [_biased(graph, layer, 0, d, u[d * k + 1]) for d in both]
    resets = [_biased(graph, layer, 1, d, u[d * k + 2]) for d in both]
    cells, before = _cells(graph, layer, x, news=[u[d * k] for d in both], forgets=forgets)
    outputs = [_output(graph, layer, d, cell=cells[d], before=before[d], reset=resets[d], skip=skips[d]) for d in both]
    return graph.node("Concat", *outputs, to="sru.output", attributes={"axis": 2})


def _directions_of(graph: Graph, layer: SRU, x: str) -> list[str]:
    if layer.directions == 1:
        return [x]
    names = [f"sru.{d}.input" for d in range(layer.directions)]
    return graph.several("Split", [x], to=names, attributes={"axis": 2})


def _biased(graph: Graph, layer: SRU, gate: int, d: int, u: str) -> str:
    name = f"sru.{d}.{('forget', 'reset')[gate]}"
    return graph.node("Add", u, graph.constant(f"{name}.bias", layer.bias[gate, d]), to=f"{name}.sum")


def _cells(graph: Graph, layer: SRU, x: str, *, news: list[str], forgets: list[str]) -> tuple[list[str], list[str]]:
    """For each direction the cells of all frames, and where the gates see them, the cells one step before."""
    both = range(layer.directions)
    if layer.version == 1:
        forgets = [graph.node("Sigmoid", each, to=f"sru.{d}.forget") for d, each in enumerate(forgets)]
        news = [_kept(graph, f"sru.{d}.fresh", forgets[d], news[d]) for d in both]
    batch = graph.node("Shape", x, to="sru.batch", attributes={"start": 1, "end": 2})
    size = graph.node(
        "Concat", batch, graph.whole("sru.units", layer.hidden_size), to="sru.size", attributes={"axis": 0}
    )
    start = graph.node("ConstantOfShape", size, to="sru.start")
    cells, before = [f"sru.{d}.cells" for d in both], [f"sru.{d}.before" for d in both]
    walked = [each for d in both for each in (forgets[d], news[d])]
    seen = cells if layer.version == 1 else [*cells, *before]
    graph.several(
        "Scan",
        [*[start for _ in both], *walked],
        to=[*[f"sru.{d}.end" for d in both], *seen],
        attributes={
            "body": _body(layer),
            "num_scan_inputs": len(walked),
            "scan_input_directions": [d for d in both for _ in range(2)],
            "scan_output_directions": [*both] * (len(seen) // layer.directions),
        },
    )
    return cells, before


def _body(layer: SRU) -> Any:
    """One frame in every direction: c = f ⊙ c_{t−1} + (1 − f) ⊙ x~, all (batch, units)."""
    step, units, both = Graph(), layer.hidden_size, range(layer.directions)
    given = [f"{d}.{what}" for d in both for what in BODY[layer.version]]
    for d in both:
        forget, fresh = f"{d}.forget", f"{d}.fresh"
        if layer.peephole is not None:
            peephole = step.constant(f"{d}.forget.peephole", layer.peephole[0, d])
            seen = step.node("Mul", peephole, f"{d}.last", to=f"{d}.forget.seen")
            forget = step.node("Sigmoid", step.node("Add", forget, seen, to=f"{d}.forget.sum"), to=f"{d}.forget.gate")
            fresh = _kept(step, f"{d}.fresh", forget, f"{d}.new")
        old = step.node("Mul", forget, f"{d}.last", to=f"{d}.old")
        step.node("Identity", step.node("Add", old, fresh, to=f"{d}.end"), to=f"{d}.cell")
        if layer.version == 2:
            step.node("Identity", f"{d}.last", to=f"{d}.before")
    outputs = [f"{d}.{what}" for what in ("end", "cell", "before")[: layer.version + 1] for d in both]
    return step.closed(
        "frame",
        inputs=[value(name, "batch", units) for name in [*[f"{d}.last" for d in both], *given]],
        outputs=[value(name, "batch", units) for name in outputs],
    )


def _output(graph: Graph, layer: SRU, d: int, *, cell: str, before: str, reset: str, skip: str) -> str:
    """h = r ⊙ g(c) + (1 − r) ⊙ α x'; a projected skip already holds α in its weights."""
    if layer.peephole is not None:
        peephole = graph.constant(f"sru.{d}.reset.peephole", layer.peephole[1, d])
        seen = graph.node("Mul", before, peephole, to=f"sru.{d}.reset.seen")
        reset = graph.node("Add", reset, seen, to=f"sru.{d}.reset.seeing")
    gate = graph.node("Sigmoid", reset, to=f"sru.{d}.reset")
    if layer.activation == "tanh":
        cell = graph.node("Tanh", cell, to=f"sru.{d}.tanh")
    if layer.products == 3 and layer.alpha != 1:
        skip = graph.node("Mul", skip, graph.constant("sru.alpha", layer.alpha), to=f"sru.{d}.skip")
    taken = graph.node("Mul", gate, cell, to=f"sru.{d}.taken")
    return graph.node("Add", taken, _kept(graph, f"sru.{d}.passed", gate, skip), to=f"sru.{d}.output")


def _kept(graph: Graph, name: str, gate: str, x: str) -> str:
    """(1 − gate) ⊙ x."""
    rest = graph.node("Sub", graph.constant(f"{name}.one", 1.0), gate, to=f"{name}.share")
    return graph.node("Mul", rest, x, to=name)
