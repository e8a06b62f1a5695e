"""`export.json`: all that is needed, beside the ONNX files, to write a detector."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import kd
from kd.detection.apply import finest
from kd.detection.detector import Detector, Member
from kd.export.graph import IR_VERSION, OPSET

SCHEMA = 3
NETWORK = "network-{}.onnx"
SAMPLES = (
    "input `samples` (batch, samples), float32: the file's channels averaged, at `rate` samples per second, in [-1, 1], cropped "
    "at the end or padded with zeros to `samples` samples. The graph begins with the log-mel of `spec`."
)
FEATURES = (
    "input `features` (batch, frames, mels), float32: frame i covers samples i * spec.hop to i * spec.hop + spec.window of the "
    "mono clip at spec.rate, cropped at the end or padded with zeros to spec.seconds; periodic Hann window; squared magnitude of "
    "the Fourier transform, in float64; spec.mels bands of Slaney's scale and area norm up to spec.fmax Hz (0: half the rate); "
    "natural logarithm of max(band, spec.floor); where spec.scaling is `min-max`, then (x - min) / (max - min + 1e-6) over the "
    "clip."
)
RECIPE = (
    "Run each network. Outputs: `logits` (batch, frames, classes) and their sigmoid, `probabilities`; columns are "
    "networks[i].classes. Frame j is centred on j * grid.hop + grid.window / 2 seconds, grid being the network's.",
    "Where a network's grid is not the grid of the whole, interpolate its logits linearly in time onto the centres of that grid, "
    "the ends held.",
    "The logits of a class: the sum over `from` of `share` times column `column` of network `network`. kd rounds logits to "
    "float16, each network's and, where there are several, the sum. Its scores: their sigmoid.",
    "Median of the scores over `median_window` frames, centred, the first and last frame repeated beyond the ends.",
    "Hysteresis: raised scores are sigmoid(logit(score) + depth), where the score is the median's; at depth 0 the score itself.",
    "Each run of frames with a raised score of at least `threshold` that holds a frame with a score of at least `threshold` is "
    "an event, from the first frame's left edge to the last one's "
    "right edge. Frame j reaches from j * hop + (window - hop) / 2 to (j + 1) * hop + (window - hop) / 2 seconds; the first "
    "frame from 0, the last to grid.seconds.",
    "A calibrated probability is sigmoid(logit / temperature); threshold is not on this scale.",
)


@dataclass(frozen=True, slots=True)
class Written:
    """An ONNX file: its sha256, and the network it holds."""

    sha256: str
    member: Member


def description(detector: Detector, written: Sequence[Written], *, source: str, features: bool) -> dict[str, Any]:
    """The content of `export.json`; written: the detector's networks in their order; source: where it was taken from."""
    return {
        "schema": SCHEMA,
        "made_by": f"kd-sed {kd.__version__}",
        "source": source,
        "corpus": detector.corpus,
        "opset": OPSET,
        "ir_version": IR_VERSION,
        "how": [SAMPLES if features else FEATURES, *RECIPE],
        "grid": asdict(finest(detector)),
        "classes": classes_of(detector),
        "networks": [
            {
                "file": NETWORK.format(index),
                "sha256": each.sha256,
                "input": "samples" if features else "features",
                **network_of(each.member),
            }
            for index, each in enumerate(written)
        ],
    }


def classes_of(detector: Detector) -> list[dict[str, Any]]:
    """Which columns of which networks each class comes from, and its operating point."""
    points = detector.points
    return [
        {
            "name": label,
            "from": [
                {"network": index, "column": detector.members[index].classes.index(label), "share": share}
                for index, share in shares.items()
            ],
            "threshold": points.thresholds[index],
            "median_window": points.windows[index],
            "depth": points.depths[index],
            "temperature": detector.temperatures[index],
        }
        for index, (label, shares) in enumerate(zip(detector.classes, detector.shares, strict=True))
    ]


def network_of(member: Member) -> dict[str, Any]:
    """What a network reads, and where its frames lie."""
    config, spec = member.config, member.spec
    return {
        "architecture": config.architecture,
        "classes": list(config.classes),
        "rate": spec.rate,
        "samples": spec.samples,
        "spec": asdict(spec),
        "feature_frames": spec.frames,
        "stride": config.stride,
        "lookahead": member.network.lookahead,
        "grid": asdict(member.grid),
    }
