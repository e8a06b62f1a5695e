"""A scene classifier: one network or several, whose scores are averaged.

On disk a folder: `classifier.json` and a folder per network (`model.json`, `weights.safetensors` and, of one with a back
end, `svm.safetensors`). No pickle.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kd.audio.decode import fitted
from kd.audio.scene_sound import as_read, channels_of, prepared
from kd.audio.scene_spec import SceneSpec
from kd.errors import UserError
from kd.files import atomic_write_text, read_json
from kd.models.files import load_scene_model
from kd.models.scene_network import SceneNetwork
from kd.scenes.scores import said_of
from kd.scenes.svm import Svm, load_svm

Floats = npt.NDArray[np.float32]
SCHEMA = 1
FILE = "classifier.json"


@dataclass(frozen=True)
class Member:
    """A network, what it reads, and its back end; None: its own outputs are its scores."""

    network: SceneNetwork
    spec: SceneSpec
    svm: Svm | None


@dataclass(frozen=True)
class Classifier:
    """Networks whose scores are averaged; S5 sections 2.2, S3 section 1. corpus: digest of what they were trained on."""

    classes: tuple[str, ...]
    members: tuple[Member, ...]
    corpus: str

    @property
    def rate(self) -> int:
        """Samples per second that it is given."""
        return max(member.spec.rate for member in self.members)

    @property
    def seconds(self) -> float:
        """Length of the clips that it was trained on."""
        return max(member.spec.seconds for member in self.members)

    def scores(self, samples: Floats, *, precision: str) -> Floats:
        """Scores of one clip at its `rate`, (channels, samples) of at most its `seconds`, by class, (classes,)."""
        found = []
        for member in self.members:
            sound = prepared(clipped(channels_of(samples, member.spec.channels), member.spec), spec=member.spec)
            said = said_of(member.network, as_read(sound[np.newaxis]), precision=precision)
            found.append(said.scores(member.svm)[0])
        return np.asarray(np.mean(found, axis=0), np.float32)


def clipped(samples: Floats, spec: SceneSpec) -> Floats:
    """(channels, samples) at the spec's rate and length."""
    return np.stack([fitted(channel, spec.samples) for channel in samples])


def save_classifier(
    folder: Path,
    *,
    classes: Sequence[str],
    networks: Sequence[Path],
    specs: Sequence[SceneSpec],
    svms: Sequence[Svm | None],
    corpus: str,
) -> None:
    """Write a classifier made of the networks saved at `networks`, each with its spec and perhaps its back end."""
    folder.mkdir(parents=True, exist_ok=True)
    members = []
    for index, (network, spec, svm) in enumerate(zip(networks, specs, svms, strict=True)):
        place = folder / f"member-{index}"
        shutil.copytree(network, place, dirs_exist_ok=True)
        if svm is not None:
            svm.save(place)
        members.append({"folder": place.name, "spec": spec.to_dict(), "svm": svm is not None})
    about = {"schema": SCHEMA, "classes": list(classes), "members": members, "corpus": corpus}
    atomic_write_text(folder / FILE, json.dumps(about, indent=1))


def load_classifier(folder: Path) -> Classifier:
    """Read a classifier. Raises UserError where the folder holds none, or weights that are not those it was saved with."""
    path = folder / FILE
    if not path.is_file():
        what = "a detector of sound events: use detect" if (folder / "detector.json").is_file() else f"no {FILE}"
        raise UserError(f"{folder} holds {what}", "name a folder or version that scenes_* made")
    about = read_json(path, hint="take another version")
    if about.get("schema") != SCHEMA:
        raise UserError(f"{path} has schema {about.get('schema')!r}, not {SCHEMA}", "use the version that wrote it")
    members = []
    for entry in about["members"]:
        place = folder / entry["folder"]
        network, _, _ = load_scene_model(place)
        spec = SceneSpec.from_dict(entry["spec"])
        members.append(Member(network.eval(), spec, load_svm(place) if entry["svm"] else None))
    return Classifier(tuple(about["classes"]), tuple(members), about["corpus"])
