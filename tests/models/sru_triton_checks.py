"""Checks of the SRU's Triton kernels, on any device. As a program it runs them on the CPU and prints JSON:

    TRITON_INTERPRET=1 python -m tests.models.sru_triton_checks           deviations of every case
    python -m tests.models.sru_triton_checks compile                      a census of the compiled kernels; needs no GPU

Triton settles at its import whether it interprets, so neither belongs in the process of other tests.
"""

import itertools
import json
import sys
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from kd.models import sru_reference
from kd.models.sru import _recurrence

SIZES = [(1, 1, 5), (1, 7, 16), (3, 2, 33), (2, 2, 5), (1, 3, 33)]  # batch, frames, units


@dataclass(frozen=True)
class Case:
    """Shape and kind of one recurrence; halves: u in bfloat16, and in version 2 the skip."""

    version: int
    activation: str
    k: int
    directions: int
    ragged: bool
    batch: int
    frames: int
    units: int
    halves: bool = False

    @property
    def name(self) -> str:
        return "-".join(map(str, asdict(self).values()))


def small_cases() -> list[Case]:
    """Every kind once, sizes in turns; then two blocks of units, and bfloat16."""
    kinds = itertools.product((1, 2), ("tanh", "identity"), (3, 4), (1, 2), (False, True))
    cases = [Case(*kind, *size) for kind, size in zip(kinds, itertools.cycle(SIZES), strict=False)]
    wide = [Case(2, "tanh", k, 2, True, 2, 3, 70) for k in (3, 4)]
    return cases + wide + [Case(v, "tanh", k, 2, True, 2, 5, 16, halves=True) for v in (1, 2) for k in (3, 4)]


def large_cases() -> list[Case]:
    """Every kind once; the sizes of a training step, and odd ones, in turns."""
    kinds = itertools.product((1, 2), ("tanh", "identity"), (3, 4), (1, 2), (False, True))
    step, odd = (24, 240, 128), (3, 77, 101)
    sizes = [(*step, False), (*step, True), (*odd, False), (*odd, True), (2, 33, 8, False)]
    return [Case(*kind, *size) for kind, size in zip(kinds, itertools.cycle(sizes), strict=False)]


def deviations(case: Case, device: torch.device) -> dict[str, float]:
    """Of h and the gradients from the float64 reference, over max(1, the reference's largest); of u from u before.

    On a GPU also `again`: of a second call from the first.
    """
    from kd.models import sru_triton

    torch.manual_seed(0)
    shape = (case.batch, case.frames, case.directions, case.units)
    u, x = torch.randn(*shape[:3], case.k, case.units), torch.randn(shape)
    bias, peephole = torch.randn(2, case.directions, case.units), torch.randn(2, case.directions, case.units)
    weights = torch.randn(case.batch, case.frames, case.directions * case.units)
    if case.halves:
        u, weights = u.bfloat16(), weights.bfloat16()
        x = x.bfloat16() if case.version == 2 else x  # the first layer under autocast may get float32
    given = {"du": u, **({"dskip": x} if case.k == 3 else {}), "dbias": bias}
    given |= {"dpeephole": peephole} if case.version == 2 else {}
    mask = torch.rand(case.batch, case.frames, device=device) < 0.7 if case.ragged else None

    def all_of(kernels: Any, dtype: torch.dtype | None) -> dict[str, Tensor]:
        leaves = {n: v.to(device, dtype, copy=True).requires_grad_() for n, v in given.items()}
        u, x, bias, v = (leaves.get(name) for name in ("du", "dskip", "dbias", "dpeephole"))
        assert u is not None
        assert bias is not None
        if kernels is None:
            h = sru_reference.recurrence(
                projected=u, skip=x, bias=bias, peephole=v, mask=mask, activation=case.activation, scale=1.7
            )
        else:
            h = _recurrence(kernels, u, x, bias, v, mask, case.activation, 1.7)
        grads = torch.autograd.grad((h * weights.to(h)).sum(), list(leaves.values()))
        return {"h": h.detach(), **dict(zip(leaves, grads, strict=True)), "u": u.detach()}

    wanted, got = all_of(None, torch.float64), all_of(sru_triton, None)
    found = {
        name: ((got[name].double() - value).abs().max() / value.abs().max().clamp(min=1)).item()
        for name, value in wanted.items()
    }
    if device.type == "cuda":
        again = all_of(sru_triton, None)
        found["again"] = max((got[name] - again[name]).abs().max().item() for name in got)
    return found


def limits(case: Case) -> dict[str, float]:
    """How large each deviation may be: 1e-5, and 2^-7 where it is stored in bfloat16 (the interpreter truncates)."""
    stored = 2.0**-7 if case.halves else 1e-5
    return {"h": stored, "du": stored, "dskip": stored, "dbias": 1e-5, "dpeephole": 1e-5, "u": 0.0, "again": 0.0}


def census(*, capability: int, halves: bool, k: int, masked: bool, sees_cell: bool, aligned: bool) -> dict[str, int]:
    """Both kernels through Triton's compiler and ptxas: how many asynchronous copies each has."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from kd.models import sru_triton

    constants: dict[str, Any] = {"directions": 2, "k": k, "slots": k if k == 4 else 1, "with_tanh": True}
    constants |= {"sees_cell": sees_cell, "masked": masked, "block": sru_triton.BLOCK, "ahead": sru_triton.AHEAD}
    plain = {"scale": "fp32", "frames": "i32", "units": "i32", "mask": "*u8"}
    plain |= dict.fromkeys(("u", "skip", "du", "dskip", "out", "grad"), "*bf16" if halves else "*fp32")
    counts = {}
    for kernel in (sru_triton._forward, sru_triton._backward):
        names = kernel.arg_names
        source = ASTSource(
            fn=kernel,
            signature={n: "constexpr" if n in constants else plain.get(n, "*fp32") for n in names},
            constexprs={(names.index(n),): v for n, v in constants.items()},
            attrs={(i,): [["tt.divisibility", 16]] for i, n in enumerate(names) if aligned and n not in constants},
        )
        made = triton.compile(source, target=GPUTarget("cuda", capability, 32), options={"num_warps": 1})
        assert made.asm["cubin"]
        counts[kernel.__name__] = made.asm["ptx"].count("cp.async.ca")
    return counts


def mend_interpreter() -> None:
    """Triton 3.6 takes int() of an array of one element as the bound of a loop; numpy no longer allows that."""
    from triton.runtime import interpreter

    patch = interpreter._patch_lang_tensor

    def mended(tensor: Any, scope: Any) -> None:
        patch(tensor, scope)
        scope.set_attr(tensor, "__index__", lambda self: self.handle.data.item())

    interpreter._patch_lang_tensor = mended


def main(words: list[str]) -> None:
    """Print the JSON."""
    if words == ["compile"]:
        kinds = itertools.product((80, 90), (False, True))
        found: Any = [
            census(capability=c, halves=h, k=3, masked=False, sees_cell=False, aligned=True) for c, h in kinds
        ]
        census(capability=75, halves=True, k=4, masked=True, sees_cell=True, aligned=False)
    else:
        mend_interpreter()
        found = {case.name: deviations(case, torch.device("cpu")) for case in small_cases()}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
