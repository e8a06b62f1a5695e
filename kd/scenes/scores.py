"""What scene networks say of clips, and the step that asks a network once about each part."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from kd.audio.scene_spec import SceneSpec
from kd.files import digest_of
from kd.models.files import DESCRIPTION, WEIGHTS, load_scene_model
from kd.models.scene_network import SceneNetwork
from kd.passes.steps import Steps
from kd.scenes.svm import Svm
from kd.training.precision import autocast, device
from kd.training.scene_sets import SceneClips

Floats = npt.NDArray[np.float32]
BATCH = 16
CODE = ("kd.scenes.scores", "kd.models.build")


@dataclass(frozen=True, eq=False)
class Said:
    """Logits (clips, classes) and embeddings (clips, dimensions) of clips."""

    logits: Floats
    embeddings: Floats

    def scores(self, svm: Svm | None) -> Floats:
        """Scores by class, of an SVM on the embeddings or else probabilities, (clips, classes)."""
        return probabilities(self.logits) if svm is None else svm.scores(self.embeddings)


def probabilities(logits: Floats) -> Floats:
    """softmax over the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), np.float32)


def said_of(network: SceneNetwork, sound: Floats, *, precision: str) -> Said:
    """What a network in evaluation mode says of a batch as its kind reads it."""
    where = next(network.parameters()).device
    with torch.inference_mode(), autocast(precision, where):
        seen = network(torch.from_numpy(sound).to(where))
    return Said(seen.logits.float().cpu().numpy(), seen.embedding.float().cpu().numpy())


@dataclass(frozen=True)
class Hearing:
    """Clips that the network saved in a folder is asked about. clips: their digest."""

    steps: Steps
    network: Path
    spec: SceneSpec
    clips: str
    precision: str

    def run(self, clips: Callable[[], SceneClips]) -> Said:
        """What it says; `clips` is called only if that is not known yet."""

        def make(outputs: Path, scratch: Path) -> None:
            network = load_scene_model(self.network)[0].to(device()).eval()
            heard, parts = clips(), []
            for start in range(0, len(heard), BATCH):
                which = np.arange(start, min(start + BATCH, len(heard)))
                parts.append(said_of(network, heard.sound(which), precision=self.precision))
            np.save(outputs / "logits.npy", np.concatenate([part.logits for part in parts]))
            np.save(outputs / "embeddings.npy", np.concatenate([part.embeddings for part in parts]))

        about = {
            "network": digest_of(self.network / WEIGHTS),
            "config": digest_of(self.network / DESCRIPTION),
            "spec": self.spec.to_dict(),
            "clips": self.clips,
            "precision": self.precision,
            "torch": torch.__version__,
        }
        folder = self.steps.run("hear", code=CODE, inputs=about, make=make)
        found = (np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("logits", "embeddings"))
        return Said(*found)
