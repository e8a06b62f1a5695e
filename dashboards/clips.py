"""Clips to look at and to listen to: what the browser of a page is given of each."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid
from kd.scoring.system import System
from kd.scoring.verdicts import FALSE_ALARM, HIT, MISS, NEAR, Pair

Array = npt.NDArray[np.float32]
Verdicts = Mapping[str, Sequence[Pair]]
EPSILON = 1e-6
LEVELS = 255


def listing(role: str, clips: Mapping[str, Any], found: Mapping[int, Verdicts]) -> list[dict[str, Any]]:
    """A row per clip of a split: name, classes that sound or are found, and by pass what `tally` counts."""
    rows = []
    for i, clip in enumerate(clips["clips"]):
        name = clip["name"]
        rows.append(
            {
                "role": role,
                "row": i,
                "name": name,
                "classes": sorted(
                    {event[2] for event in clip["events"]}
                    | {pair.label for verdicts in found.values() for pair in verdicts.get(name, ())}
                ),
                "counts": {str(index): tally(verdicts[name]) for index, verdicts in found.items() if name in verdicts},
            }
        )
    return rows


def tally(pairs: Sequence[Pair]) -> list[int]:
    """`[hits, near misses, misses, false alarms]`."""
    kinds = [pair.kind for pair in pairs]
    return [kinds.count(kind) for kind in (HIT, NEAR, MISS, FALSE_ALARM)]


def payload(
    clip: Mapping[str, Any],
    systems: Mapping[int, System],
    found: Mapping[int, Verdicts],
    *,
    classes: Sequence[str],
    length: float,
) -> dict[str, Any]:
    """All but sound and picture of one clip: reference events with provenance, and of each pass scores and events."""
    name = clip["name"]
    return {
        "name": name,
        "length": length,
        "seconds": clip["seconds"],
        "events": clip["events"],
        "passes": {
            str(index): one_pass(system, found[index][name], name, classes=classes)
            for index, system in systems.items()
            if name in found[index]
        },
    }


def one_pass(system: System, pairs: Sequence[Pair], clip: str, *, classes: Sequence[str]) -> dict[str, Any]:
    """Scores of one clip before and after median and hysteresis, relative to the threshold, and what became of its events.

    `raw`, `smooth`: base64 of bytes (classes, frames), 0 to 255; 127.5 is the threshold.
    """
    scores = system.scores
    assert scores is not None and isinstance(scores.grid, FrameGrid)
    one = scores.of(rows=[system.clips.index(clip)], columns=[system.classes.index(label) for label in classes])
    return {
        "edges": [round(float(edge), 4) for edge in scores.grid.edges()],
        "thresholds": [round(value, 4) for value in one.thresholds],
        "windows": list(one.windows),
        "raw": relative(one.values[0], one.thresholds),
        "smooth": relative(one.smooth()[0], one.thresholds),
        "events": [
            {
                "kind": pair.kind,
                "label": pair.label,
                "reference": None if pair.reference is None else [pair.reference.onset, pair.reference.offset],
                "predicted": None if pair.predicted is None else [pair.predicted.onset, pair.predicted.offset],
            }
            for pair in pairs
        ],
    }


def relative(scores: Array, thresholds: Sequence[float]) -> str:
    """σ(logit score − logit threshold) of scores (frames, classes), so that every threshold lies in the middle."""
    odds, limits = (
        np.log(x / (1 - x))
        for x in (np.clip(a, EPSILON, 1 - EPSILON) for a in (scores.astype(np.float64), np.array(thresholds)))
    )
    shares = 1 / (1 + np.exp(np.clip(limits - odds, -50, 50)))
    return base64.b64encode(np.round(LEVELS * shares.T).astype(np.uint8).tobytes()).decode("ascii")


def picture(bands: npt.NDArray[np.floating]) -> str:
    """A spectrogram (frames, mels) as a PNG in a data address; loud is bright, low is below."""
    from matplotlib import colormaps
    from PIL import Image

    low, high = np.percentile(bands, [2, 99.8])
    grey = np.clip((bands.astype(np.float32) - low) / max(high - low, 1e-6), 0, 1)
    image = Image.fromarray(np.round(LEVELS * grey.T[::-1]).astype(np.uint8), mode="L").convert("P")
    table = (colormaps["magma"](np.arange(256))[:, :3] * 255).round().astype(np.uint8)
    image.putpalette(table.ravel().tolist())
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return data_address(out.getvalue(), "image/png")


def data_address(data: bytes, kind: str) -> str:
    """Bytes as an address that needs no request."""
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
