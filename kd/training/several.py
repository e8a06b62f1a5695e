"""One training by several processes of a machine, a device each; on the processor, for tests, by as many processes."""

import copy
import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as any_of
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import nn

from kd.engines.local import settle
from kd.errors import UserError
from kd.models.joint import rank
from kd.training.data import Learnable
from kd.training.fit import FitSettings, fit

Report = Callable[[int, float], None]


def fit_by(
    ranks: int,
    model: nn.Module,
    training: Learnable[Any],
    settings: FitSettings,
    *,
    mean: Any = None,
    checkpoint: Path | None = None,
    report: Report | None = None,
    threads: int = 1,
) -> list[float]:
    """As `fit`, each batch shared by so many processes with `threads` threads each; model: on the CPU, where it stays.

    Losses and weights are those of one process, up to the order of sums. Raises UserError where a process dies.
    """
    context = multiprocessing.get_context("spawn")
    with TemporaryDirectory() as folder:
        rest = (training, settings, mean, checkpoint, threads)
        links, processes = [], []
        for number in range(ranks):
            mine, yours = context.Pipe()
            where = f"file://{folder}/ranks"
            asked = (copy.deepcopy(model), *rest)  # tensors that are sent are shared: each has weights of its own
            process = context.Process(target=_rank, args=(number, ranks, where, asked, yours))
            process.start()
            yours.close()
            links.append(mine)
            processes.append(process)
        try:
            return _heard(links, model, report)
        finally:
            for process in processes:
                process.kill()
                process.join()


def _heard(links: list[Connection], model: nn.Module, report: Report | None) -> list[float]:
    """Pass on what the ranks tell until the first has sent losses and weights; the model gets these."""
    while True:
        for link in any_of(links):
            assert isinstance(link, Connection)
            try:
                kind, what = link.recv()
            except EOFError:
                raise UserError(
                    "a process of a training by several ended",
                    "if memory ran out, lower batch; the job goes on from here",
                ) from None
            if kind == "failed":
                raise what
            if kind == "told" and report is not None:
                report(*what)
            if kind == "done":
                losses, weights = what
                model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
                found: list[float] = losses
                return found


def _rank(number: int, ranks: int, where: str, asked: tuple[Any, ...], link: Connection) -> None:
    """One process: its part of each batch; the first one tells of it."""
    parent = multiprocessing.parent_process()
    settle(parent.pid if parent is not None and parent.pid is not None else 0)
    model, training, settings, mean, checkpoint, threads = asked
    try:
        torch.set_num_threads(threads)
        cuda = torch.cuda.is_available()
        place = torch.device("cuda", number) if cuda else torch.device("cpu")
        if cuda:
            torch.cuda.set_device(place)
        torch.distributed.init_process_group(
            "nccl" if cuda else "gloo", init_method=where, rank=number, world_size=ranks
        )
        tell = (lambda done, loss: link.send(("told", (done, loss)))) if rank() == 0 else None
        model = model.to(place)
        losses = fit(model, training, settings, mean=mean, checkpoint=checkpoint, report=tell)
        if rank() == 0:
            weights = {name: tensor.cpu().numpy() for name, tensor in model.state_dict().items()}
            link.send(("done", (losses, weights)))
        torch.distributed.barrier()
    except Exception as error:
        error.add_note(f"in process {number} of {ranks}:\n{traceback.format_exc()}")
        link.send(("failed", error))
