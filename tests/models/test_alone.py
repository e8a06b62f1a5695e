"""`kd.models` and `kd.training` need torch and numpy; all else may be absent."""

import subprocess
import sys

SCRIPT = """
import importlib.util, sys
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "numba" else found(name, *more)
absent = "mlflow pandas librosa scipy soundfile torchaudio sklearn matplotlib optuna numba triton safetensors"
for name in absent.split():
    sys.modules[name] = None
import torch
import kd.training.fit, kd.training.predict
from kd.models.build import build
from kd.models.config import ModelConfig
for architecture in ("deep", "shallow", "resnet"):
    network = build(ModelConfig(architecture=architecture, classes=("a", "b")))
    network(torch.randn(2, 12, 64)).sum().backward()
    assert all(each.grad is not None for each in network.parameters())
print("all learn")"""


def test_torch_and_numpy_are_enough() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120)
    assert done.stdout == "all learn\n", done.stderr
