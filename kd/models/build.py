"""From a description to a model."""

from __future__ import annotations

from torch import nn

from kd.models.config import ModelConfig
from kd.models.deep import Deep
from kd.models.network import Network
from kd.models.resnet import ResNet
from kd.models.shallow import Shallow


def build(config: ModelConfig) -> Network:
    """A freshly initialised model; seed torch before, for a repeatable one.

    Convolutions and the last layer start as torch starts them (the paper does not say), the SRU as its authors do.
    """
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
    return Shallow(
        classes=len(config.classes),
        mels=config.mels,
        sru_version=config.sru_version,
        recurrent_activation=config.recurrent_activation,
        direction=config.direction,
    )


def count_parameters(model: nn.Module) -> int:
    """Trainable numbers; buffers such as statistics are not counted."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
