"""The champions that the registry names, made one detector."""

from collections.abc import Mapping
from pathlib import Path

from kd.audio.grid import FrameGrid
from kd.config import home
from kd.detection.apply import finest, finest_of
from kd.detection.detector import Detector, Member, load_detector, save_detector
from kd.errors import UserError
from kd.labels.merging import window_on
from kd.passes.context import Bench
from kd.passes.mending import mended
from kd.scoring.operating_points import OperatingPoints
from kd.tracking.registry import Version, best_alias, fetch


def detector_of(bench: Bench, version: Version) -> Detector:
    """The detector a version holds. Raises UserError for one that cannot stand in for this corpus's classes or clips."""
    folder = fetch(bench.runs.client, version, cache=home() / "models")
    try:
        detector = load_detector(folder)
    except UserError:
        if not mended(folder, bench.steps):
            raise
        detector = load_detector(folder)
    hint = "take it off warm_start= or the alias off it"
    if absent := sorted(set(bench.inputs.classes) - set(detector.classes)):
        raise UserError(f"version {version.number} of {version.name} does not know {absent[0]!r}", hint)
    seconds = bench.inputs.seconds
    if any(member.spec.seconds != seconds for member in detector.members):
        raise UserError(
            f"version {version.number} of {version.name} was trained on clips of other than {seconds:g} s", hint
        )
    return detector


def champions_in_registry(bench: Bench) -> dict[str, int]:
    """Class to the version its alias `best-<class>` stands on; classes without the alias are left out."""
    aliases = bench.registry.aliases()
    return {label: aliases[best_alias(label)] for label in bench.inputs.classes if best_alias(label) in aliases}


def champion_of_every_class(bench: Bench) -> dict[str, int]:
    """`champions_in_registry`. Raises UserError where a class has none."""
    champions = champions_in_registry(bench)
    if absent := [label for label in bench.inputs.classes if label not in champions]:
        raise UserError(
            f"{bench.registry.name} has no champion of {absent[0]!r} (alias {best_alias(absent[0])})",
            "run iterate first, or put the alias on a version",
        )
    return champions


def merged_detector(bench: Bench, champions: Mapping[str, int], folder: Path) -> Detector:
    """Write and load the detector that takes every class from its champion, thresholds and windows included.

    A window keeps its length in time where another champion's frames are finer. champions: class to version. Champions
    that share a network, be it that of different versions, share it here too. Source: S1 section 3.3.3.
    """
    detectors = {
        number: detector_of(bench, bench.registry.version(number)) for number in sorted(set(champions.values()))
    }
    members: list[Member] = []
    digests: list[str] = []
    champion, thresholds, depths, temperatures = [], [], [], []
    windows: list[tuple[int, FrameGrid]] = []
    for label in bench.inputs.classes:
        detector = detectors[champions[label]]
        column = detector.classes.index(label)
        member = detector.members[detector.champion[column]]
        known = member.digest
        if known not in digests:
            digests.append(known)
            members.append(member)
        champion.append(digests.index(known))
        thresholds.append(detector.points.thresholds[column])
        depths.append(detector.points.depths[column])
        windows.append((detector.points.windows[column], finest(detector)))
        temperatures.append(detector.temperatures[column])
    grid = finest_of(members)
    save_detector(
        folder,
        classes=bench.inputs.classes,
        networks=[member.folder for member in members],
        specs=[member.spec for member in members],
        champion=champion,
        points=OperatingPoints(
            tuple(thresholds),
            tuple(window_on(frames, source=own, target=grid) for frames, own in windows),
            tuple(depths),
        ),
        temperatures=temperatures,
        corpus=bench.inputs.corpus.digest,
    )
    return load_detector(folder)
