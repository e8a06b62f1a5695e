"""The SRU's Triton kernels: in Triton's interpreter, through its compiler, and on a GPU where there is one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch

from kd.models import sru_devices, sru_kernels
from kd.models.sru import SRU
from kd.models.sru_devices import kernels_for
from tests.models.sru_triton_checks import Case, deviations, large_cases, limits, small_cases

ROOT = Path(__file__).resolve().parents[2]
needs_triton = pytest.mark.skipif(find_spec("triton") is None, reason="Triton is not installed")
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def run(*words: str, **variables: str) -> str:
    """What a Python process printed."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    done = subprocess.run([sys.executable, *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def interpreted() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = json.loads(run("-m", "tests.models.sru_triton_checks", TRITON_INTERPRET="1"))
    return found


def within(found: dict[str, float], case: Case) -> None:
    allowed = limits(case)
    assert {name: value for name, value in found.items() if not value <= allowed[name]} == {}


@needs_triton
@pytest.mark.parametrize("case", small_cases(), ids=lambda case: case.name)
def test_interpreted_kernels_equal_the_reference(case: Case, interpreted: dict[str, dict[str, float]]) -> None:
    within(interpreted[case.name], case)


@needs_triton
def test_kernels_compile_and_load_ahead(tmp_path: Path) -> None:
    printed = run("-m", "tests.models.sru_triton_checks", "compile", TRITON_CACHE_DIR=str(tmp_path))
    assert all(kernel["_forward"] > 0 and kernel["_backward"] > 0 for kernel in json.loads(printed))


def test_cpu_training_does_not_import_triton() -> None:
    script = (
        "import sys, torch; from kd.models.sru import SRU; "
        "SRU(input_size=4, hidden_size=2)(torch.zeros(1, 3, 4)).sum().backward(); "
        "assert 'kd.models.sru_triton' not in sys.modules; assert 'triton' not in sys.modules"
    )
    run("-c", script)


def test_choice_on_the_cpu() -> None:
    bias = torch.zeros(2, 1, 1)
    u = torch.zeros(1, 1, 1, 4, 1)
    assert kernels_for(projected=u, bias=bias) is sru_kernels
    assert kernels_for(projected=u.bfloat16(), bias=bias) is sru_kernels
    assert kernels_for(projected=u.double(), bias=bias) is None
    assert kernels_for(projected=u, bias=bias.double()) is None
    assert kernels_for(projected=u[:0], bias=bias) is None
    assert kernels_for(projected=u.to("meta"), bias=bias.to("meta")) is None


def test_without_triton_there_are_no_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "triton", None)
    monkeypatch.delitem(sys.modules, "kd.models.sru_triton", raising=False)
    monkeypatch.delattr("kd.models.sru_triton", raising=False)
    assert sru_devices._triton.__wrapped__(torch.device("cpu")) is None


@needs_triton
def test_triton_that_does_not_work_warns_and_is_not_used() -> None:
    script = (
        "import torch, warnings; from kd.models import sru_devices; "
        "warnings.simplefilter('error', UserWarning); sru_devices._triton(torch.device('cpu'))"
    )
    with pytest.raises(AssertionError, match="the SRU runs step by step"):
        run("-c", script)


@needs_triton
@needs_cuda
@pytest.mark.parametrize("case", large_cases(), ids=lambda case: case.name)
def test_kernels_on_the_gpu_equal_the_reference(case: Case) -> None:
    within(deviations(case, torch.device("cuda")), case)


@needs_triton
@needs_cuda
@pytest.mark.parametrize("halves", [False, True])
def test_layer_on_the_gpu_equals_that_on_the_cpu(halves: bool) -> None:
    torch.manual_seed(0)
    here = SRU(input_size=32, hidden_size=16, version=2, rescale=True)
    there = SRU(input_size=32, hidden_size=16, version=2, rescale=True).cuda()
    there.load_state_dict(here.state_dict())
    x = torch.randn(3, 20, 32)
    mask = torch.rand(3, 20) < 0.8
    results: list[Any] = []
    for layer, device in ((here, "cpu"), (there, "cuda")):
        given = x.to(device).requires_grad_()
        with torch.autocast(device, dtype=torch.bfloat16, enabled=halves):
            y = layer(given, mask.to(device))
        grads = torch.autograd.grad(y.float().square().sum(), [given, *layer.parameters()])
        results.append([each.cpu().float() for each in (y, *grads)])
    assert y.dtype == (torch.bfloat16 if halves else torch.float32)
    for cpu, gpu in zip(*results, strict=True):
        size = max(1.0, cpu.abs().max().item())
        tolerance = 0.03 if halves else 1e-4
        torch.testing.assert_close(gpu / size, cpu / size, rtol=tolerance, atol=tolerance)
