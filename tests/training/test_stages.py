"""Mixed batches of S2, and plain gradient descent on them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from kd.audio.store import ClipFeatures
from kd.models.build import build
from kd.models.config import ModelConfig
from kd.models.network import Network
from kd.training.data import Step
from kd.training.fit import FitSettings, fit
from kd.training.stages import PSEUDO, STRONG, WEAK, StageSet

FRAMES, CLASSES = 48, 2
KINDS = np.array([WEAK] * 4 + [STRONG] * 3 + [PSEUDO] * 5)
SGD = {"optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.02}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small networks, beside whatever else the machine does."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def stage(kinds: np.ndarray = KINDS, *, balanced: bool = False) -> StageSet:
    """Noise with a louder half wherever class 0 sounds, which is in every clip."""
    count = len(kinds)
    features = np.random.default_rng(1).random((count, FRAMES, 64)).astype(np.float32)
    features[:, : FRAMES // 2] += 1
    frames = np.zeros((count, FRAMES // 8, CLASSES), np.float16)
    frames[:, : FRAMES // 16, 0] = 1
    tags = frames.max(axis=1)
    clips = ClipFeatures(features, np.arange(count), np.ones(count))
    return StageSet(clips, kinds, tags, frames, np.array([1.2, 0.8]), balanced)


def network() -> Network:
    torch.manual_seed(5)
    return build(ModelConfig(architecture="resnet", classes=("a", "b"), width=0.1))


def whole_loss(given: StageSet, logits: torch.Tensor, step: Step) -> float:
    _, targets = given.batch(step, lambda features, tags: (features, tags))
    return float(given.loss(network())(logits[step.clips(len(given))], *(torch.from_numpy(each) for each in targets)))


def by_hand(given: StageSet, logits: torch.Tensor) -> float:
    """Equations (1), (3), (7), (9) and (10) over all clips, in probability space."""
    weights = given.weights

    def mean(p: np.ndarray, y: np.ndarray) -> float:
        entropy = -(y * np.log(p) + (1 - y) * np.log(1 - p))
        return float((entropy * weights).sum(axis=-1).mean()) if len(p) else 0.0

    p = 1 / (1 + np.exp(-logits.numpy().astype(np.float64)))
    vector, kinds = p.max(axis=1), given.kinds
    tags, frames = given.tags.astype(np.float64), given.frames.astype(np.float64)
    weak, strong, pseudo = kinds != STRONG, kinds == STRONG, kinds == PSEUDO
    m_w, m_s, m_p = weak.sum(), strong.sum(), pseudo.sum()
    total = (m_w * mean(vector[weak], tags[weak]) + m_s * mean(vector[strong], tags[strong])) / (m_w + m_s)
    if m_s + m_p:
        factor = 1 if given.balanced else (m_w + m_s) / (m_s + m_p)
        matrix = m_s * mean(p[strong], frames[strong]) + m_p * mean(p[pseudo], frames[pseudo])
        total += factor * matrix / (m_s + m_p)
    return float(total)


@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize("kinds", [(4, 3, 5), (4, 3, 0), (4, 0, 2), (6, 0, 0), (0, 6, 0)])
def test_the_loss_of_an_epoch_is_the_papers(kinds: tuple[int, int, int], balanced: bool) -> None:
    given = stage(np.repeat([WEAK, STRONG, PSEUDO], kinds), balanced=balanced)
    logits = torch.randn(len(given), FRAMES // 8, CLASSES, generator=torch.Generator().manual_seed(2))
    wanted = by_hand(given, logits)
    assert whole_loss(given, logits, Step(0, len(given), 1)) == pytest.approx(wanted, rel=1e-5)
    size = 2 if len(given) % 2 == 0 else 1
    steps = [Step(i, size, 1) for i in range(len(given) // size)]
    assert np.mean([whole_loss(given, logits, step) for step in steps]) == pytest.approx(wanted, rel=1e-4)


def test_gradient_descent_learns_where_the_class_sounds() -> None:
    net, given = network(), stage()
    losses = fit(net, given, FitSettings(steps=40, batch=6, **SGD))  # type: ignore[arg-type]
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])
    with torch.no_grad():
        found = net.eval()(torch.from_numpy(given.features.batch(np.arange(12))))
    assert found[:, 0, 0].mean() > found[:, -1, 0].mean() + 1


def test_each_optimiser_is_another_training() -> None:
    how = [FitSettings(steps=3, batch=4, optimizer=name) for name in ("adam", "sgd")]
    how.append(FitSettings(steps=3, batch=4, optimizer="sgd", momentum=0.9))
    assert len({tuple(fit(network(), stage(), each)) for each in how}) == 3


@pytest.mark.parametrize("stop", [2, 5, 7])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_an_interrupted_descent_ends_with_the_same_weights(tmp_path: Path, stop: int, momentum: float) -> None:
    how = FitSettings(steps=8, batch=4, seed=7, optimizer="sgd", learning_rate=0.02, momentum=momentum)
    whole = network()
    straight = fit(whole, stage(), how)

    def cut(step: int, _loss: float) -> None:
        if step == stop:
            raise KeyboardInterrupt

    path = tmp_path / "checkpoint.safetensors"
    with pytest.raises(KeyboardInterrupt):
        fit(network(), stage(), how, checkpoint=path, report=cut)
    resumed = network()
    assert fit(resumed, stage(), how, checkpoint=path) == straight
    for (name, a), b in zip(whole.state_dict().items(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
