"""A detector: one network or several, what each counts in which class, and each class's operating point.

On disk a folder: `detector.json` and a folder per network (`model.json`, `weights.safetensors`). No pickle.
"""

import dataclasses
import json
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from kd.audio.grid import FrameGrid
from kd.audio.spec import FeatureSpec
from kd.errors import UserError
from kd.files import atomic_write_text, read_json
from kd.models.config import ModelConfig
from kd.models.files import load_model, weights_digest
from kd.models.network import Network
from kd.scoring.operating_points import OperatingPoints

SCHEMA = 4
READ = (2, 3, SCHEMA)  # schema 2 knew no hysteresis, 3 no blend


@dataclass(frozen=True, slots=True)
class Member:
    """One network of a detector: its folder and description, the features it reads, the frames it scores."""

    folder: Path
    config: ModelConfig
    spec: FeatureSpec
    grid: FrameGrid
    network: Network

    @property
    def classes(self) -> tuple[str, ...]:
        """What its columns are."""
        return self.config.classes

    @property
    def digest(self) -> str:
        """sha256 of its weights with all that makes logits of sound."""
        about = json.dumps([self.config.to_dict(), self.spec.to_dict(), weights_digest(self.folder)], sort_keys=True)
        return sha256(about.encode()).hexdigest()

    @property
    def stride(self) -> int:
        """Frames of features to one frame that it scores."""
        return self.config.stride


@dataclass(frozen=True, slots=True)
class Detector:
    """Networks, the one each class is taken from, and operating points.

    champion: (classes,) index into members; blend: what the mean of all members counts in the logits of each class, the rest
    is its champion's, 0: each class is its champion's alone; points, temperatures: (classes,) tuned and fitted on the
    selection split of the job that made it. σ(z / temperature) is the calibrated probability; points are on σ(z).
    """

    classes: tuple[str, ...]
    members: tuple[Member, ...]
    champion: tuple[int, ...]
    points: OperatingPoints
    temperatures: tuple[float, ...]
    corpus: str
    blend: float = 0.0

    @property
    def used(self) -> tuple[int, ...]:
        """Members that count in some class."""
        return tuple(range(len(self.members))) if self.blend else tuple(sorted(set(self.champion)))

    @property
    def shares(self) -> tuple[dict[int, float], ...]:
        """Of each class, member to what it counts in its logits; they add up to 1."""
        if not self.blend:
            return tuple({champion: 1.0} for champion in self.champion)
        even = self.blend / len(self.members)
        return tuple(
            {index: even + (1 - self.blend) * (index == champion) for index in self.used} for champion in self.champion
        )


def save_detector(
    folder: Path,
    *,
    classes: Sequence[str],
    networks: Sequence[Path],
    specs: Sequence[FeatureSpec],
    champion: Sequence[int],
    points: OperatingPoints,
    temperatures: Sequence[float],
    corpus: str,
    blend: float = 0.0,
) -> None:
    """Write a detector made of the networks saved at `networks`.

    champion: (classes,) index into networks; blend: see `Detector`; corpus: digest of the corpus it was trained on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for index, network in enumerate(networks):
        shutil.copytree(network, folder / f"member-{index}", dirs_exist_ok=True)
    about = {
        "schema": SCHEMA,
        "classes": list(classes),
        "members": [{"folder": f"member-{i}", "spec": spec.to_dict()} for i, spec in enumerate(specs)],
        "champion": list(champion),
        "blend": blend,
        "points": dataclasses.asdict(points),
        "temperatures": list(temperatures),
        "corpus": corpus,
    }
    atomic_write_text(folder / "detector.json", json.dumps(about, indent=1))


def load_detector(folder: Path) -> Detector:
    """Read a detector. Raises UserError where the folder holds none, or weights that are not those it was saved with."""
    path = folder / "detector.json"
    if not path.is_file():
        raise UserError(f"{folder} holds no detector.json", "name a folder or version that this project made")
    about = read_json(path, hint="take another version, or package it again with merge")
    if about.get("schema") not in READ:
        raise UserError(f"{path} has schema {about.get('schema')!r}, not {SCHEMA}", "use the version that wrote it")
    members = []
    for entry in about["members"]:
        network, config, _ = load_model(folder / entry["folder"])
        spec = FeatureSpec.from_dict(entry["spec"])
        grid = spec.grid.every(config.stride)
        members.append(Member(folder / entry["folder"], config, spec, grid, network.eval()))
    given = about["points"]
    points = OperatingPoints(tuple(given["thresholds"]), tuple(given["windows"]), tuple(given.get("depths", ())))
    temperatures = tuple(about["temperatures"])
    return Detector(
        tuple(about["classes"]),
        tuple(members),
        tuple(about["champion"]),
        points,
        temperatures,
        about["corpus"],
        about.get("blend", 0.0),
    )


def of_classes(detector: Detector, wanted: Collection[str]) -> Detector:
    """A detector of some of its classes, in its order."""
    keep = [k for k, label in enumerate(detector.classes) if label in wanted]
    return dataclasses.replace(
        detector,
        classes=tuple(detector.classes[k] for k in keep),
        champion=tuple(detector.champion[k] for k in keep),
        points=detector.points.of(keep),
        temperatures=tuple(detector.temperatures[k] for k in keep),
    )
