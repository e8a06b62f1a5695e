"""`pseudo_label`: labels for a corpus from a registered model."""

import functools
import shutil

from kd.config import home, say, user_path
from kd.detection.apply import finest, merged_logits
from kd.detection.detector import load_detector
from kd.errors import UserError
from kd.files import check_writable
from kd.labels.artifact import LabelArtifact, LabelledSplit, save_labels
from kd.labels.names import SMOOTHINGS
from kd.passes.inputs import open_corpus, open_inputs
from kd.passes.plan import label_settings
from kd.passes.recovery import ended
from kd.passes.settings import PseudoLabelSettings
from kd.passes.threads import precision_of, use_threads
from kd.progress import Progress
from kd.temporary import temporary_name
from kd.tracking.registry import fetch, find, parse_address
from kd.tracking.runs import Runs
from kd.tracking.store import open_store


def pseudo_label(settings: PseudoLabelSettings) -> int:
    """Predict every training split, write the label artifact, log it on a run; returns the exit code."""
    out = user_path(settings.out, "out")
    how = label_settings(settings)
    if out.exists():
        raise UserError(f"{out} exists already", "name another folder with out=, or remove it")
    if not out.absolute().parent.is_dir():
        raise UserError(f"out={out}: {out.absolute().parent} is no folder", "make it first, or name another with out=")
    making = out.with_name(temporary_name(out.name))
    check_writable(out)
    parse_address(settings.model)
    progress = Progress(passes=0, batch=1)
    corpus = open_corpus(settings, progress)
    client = open_store()
    use_threads(settings.threads)
    version = find(client, settings.model)
    detector = load_detector(fetch(client, version, cache=home() / "models"))
    inputs = open_inputs(settings, corpus, progress)
    splits: dict[str, LabelledSplit] = {}
    for role, part in inputs.training.items():
        features = functools.partial(inputs.features, part)
        logits = merged_logits(detector, features, precision=precision_of(settings))
        contents = tuple(source.content for source in part.sources)
        splits[role] = LabelledSplit(part.split.name, tuple(part.names), contents, logits)
        say(f"{part.split.name}: {len(part.names)} clips labelled")
    labels = LabelArtifact(
        detector.classes,
        finest(detector),
        dict.fromkeys(detector.classes, version.number),
        how.rule(detector.points, index=2),
        how.smoothings(SMOOTHINGS),
        int(version.tags.get("kd.pass", 0)),
        splits,
        version.name,
    )
    try:
        save_labels(making, labels)
        making.rename(out)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    runs = Runs(client)
    run = runs.top("pseudo_label", {"kd.kind": "pseudo_label", "kd.model": settings.model})
    with ended(runs):
        runs.folder(run, out, "labels")
    say(f"labels: {out} (run {run})")
    return 0
