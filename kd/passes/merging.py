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
from kd.passes.judging import Fits
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


def merged_detector(bench: Bench, champions: Mapping[str, int], folder: Path, *, blend: float = 0.0) -> Detector:
    """Write and load the detector of the champions. champions: class to version; blend: see `Detector`.

    Without a blend every class is taken from its champion, thresholds and windows included; a window keeps its length in time
    where another champion's frames are finer. With one, operating points and temperatures are those that fit the blended
    scores of the selection split. Champions that share a network, be it that of different versions, share it here too.
    Source: S1 section 3.3.3.
    Deviation: with a blend, the default, a class is not its champion's alone, which on few clips is chosen too well.
    """
    made = of_champions(bench, champions, blend=blend)
    points, temperatures = made.points, made.temperatures
    if made.blend:
        points, temperatures = bench.judge.fitted(bench.logits(made, bench.inputs.select), grid=finest(made))
    save_detector(
        folder,
        classes=made.classes,
        networks=[member.folder for member in made.members],
        specs=[member.spec for member in made.members],
        champion=made.champion,
        points=points,
        temperatures=temperatures,
        corpus=made.corpus,
        blend=made.blend,
    )
    return load_detector(folder)


def blended_fits(bench: Bench, champions: Mapping[str, int], *, blend: float) -> Fits:
    """Counts of the selection split by the blended scores of these champions. champions: class to version."""
    detector = of_champions(bench, champions, blend=blend)
    return bench.judge.fits(bench.logits(detector, bench.inputs.select), grid=finest(detector))


def of_champions(bench: Bench, champions: Mapping[str, int], *, blend: float) -> Detector:
    """The champions as one detector, with the operating points of each; a single network is blended with nothing."""
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
    return Detector(
        classes=bench.inputs.classes,
        members=tuple(members),
        champion=tuple(champion),
        points=OperatingPoints(
            tuple(thresholds),
            tuple(window_on(frames, source=own, target=grid) for frames, own in windows),
            tuple(depths),
        ),
        temperatures=tuple(temperatures),
        corpus=bench.inputs.corpus.digest,
        blend=blend if len(members) > 1 else 0.0,
    )
