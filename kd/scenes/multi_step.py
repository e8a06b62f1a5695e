"""The multi-step training of the spectrogram network: its convolutions first, then the whole with its recurrent layer."""

from collections.abc import Sequence
from dataclasses import replace

from kd.scenes.bench import SceneBench, Trained, Wanted

SHARE = 3  # a third of the steps are for the convolutions alone


def in_steps(bench: SceneBench, wanted: Sequence[Wanted]) -> list[Trained]:
    """Networks trained side by side; a fresh one with a recurrent layer in two steps, together as long as any other.

    Source: S5 section 4.2, "we trained the CNN part except the GRU layer in the whole model and then re-trained after
    attaching the GRU layer". Ours: how long each step is, and that the same labels are learnt in both.
    """
    rows = [i for i, each in enumerate(wanted) if each.config.recurrent and each.start is None]
    rows = [i for i in rows if wanted[i].config.architecture == "spectrogram" and wanted[i].how.steps >= SHARE]
    first = [alone(each) if i in rows else each for i, each in enumerate(wanted)]
    done = bench.trained(first)
    whole = []
    for i in rows:
        how = replace(wanted[i].how, steps=wanted[i].how.steps - first[i].how.steps)
        whole.append(replace(wanted[i], how=how, start=done[i].network))
    for i, each in zip(rows, bench.trained(whole, before=[done[i] for i in rows]), strict=True):
        done[i] = each
    return [replace(each, wanted=wanted[i]) for i, each in enumerate(done)]


def alone(wanted: Wanted) -> Wanted:
    """The first step."""
    how = replace(wanted.how, steps=wanted.how.steps // SHARE)
    return replace(wanted, name=f"{wanted.name} CNN", config=replace(wanted.config, recurrent=False), how=how)
