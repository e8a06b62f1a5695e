"""From a description to a model."""

from __future__ import annotations

from typing import overload

from torch import nn

from kd.models.config import ModelConfig
from kd.models.deep import Deep
from kd.models.mel import Mel
from kd.models.network import Network
from kd.models.resnet import ResNet
from kd.models.scene_config import SceneConfig
from kd.models.scene_network import SceneNetwork
from kd.models.shallow import Shallow
from kd.models.small import Small, SmallConv
from kd.models.spectrogram import Spectrogram
from kd.models.waveform import Waveform


@overload
def build(config: ModelConfig) -> Network: ...
@overload
def build(config: SceneConfig) -> SceneNetwork: ...
@overload
def build(config: ModelConfig | SceneConfig) -> Network | SceneNetwork: ...
def build(config: ModelConfig | SceneConfig) -> Network | SceneNetwork:
    """A freshly initialised model; seed torch before, for a repeatable one.

    Convolutions and the last layer start as torch starts them (the paper does not say), the SRU as its authors do.
    """
    if isinstance(config, SceneConfig):
        return _scene_network(config)
    network = _network(config)
    network.pooling = config.pooling
    return network


def _network(config: ModelConfig) -> Network:
    if config.architecture == "deep":
        return Deep(
            classes=len(config.classes),
            mels=config.mels,
            sru_version=config.sru_version,
            recurrent_activation=config.recurrent_activation,
            padding=config.padding,
            direction=config.direction,
        )
    if config.architecture == "resnet":
        return ResNet(classes=len(config.classes), mels=config.mels, width=config.width)
    if config.architecture == "small-conv":
        return SmallConv(classes=len(config.classes), mels=config.mels, width=config.width)
    if config.architecture == "small":
        return Small(
            classes=len(config.classes),
            mels=config.mels,
            width=config.width,
            sru_version=config.sru_version,
            recurrent_activation=config.recurrent_activation,
            direction=config.direction,
        )
    return Shallow(
        classes=len(config.classes),
        mels=config.mels,
        sru_version=config.sru_version,
        recurrent_activation=config.recurrent_activation,
        direction=config.direction,
    )


def _scene_network(config: SceneConfig) -> SceneNetwork:
    classes, channels, width = len(config.classes), config.channels, config.width
    if config.architecture == "waveform":
        return Waveform(classes=classes, channels=channels, width=width)
    if config.architecture == "mel":
        return Mel(classes=classes, channels=channels, mels=config.mels, width=width)
    return Spectrogram(classes=classes, channels=channels, mels=config.mels, width=width, recurrent=config.recurrent)


def count_parameters(model: nn.Module) -> int:
    """Trainable numbers; buffers such as statistics are not counted."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
