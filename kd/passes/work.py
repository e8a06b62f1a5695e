"""The trainings of a pass."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kd.engines.pool import Pool
from kd.passes.context import Bench, model_config
from kd.passes.label_studies import LabelStudies
from kd.passes.networks import Trial
from kd.passes.origin import Origin
from kd.passes.plan import Candidate, Plan, rate_of, seed_of
from kd.passes.recording import Recorded
from kd.passes.settings import IterateSettings
from kd.passes.side_by_side import Wanted, side_by_side
from kd.passes.threads import ranks_for, threads_for
from kd.tracking.aliases import AliasMoves
from kd.tracking.registry import best_alias
from kd.training.data import TrainingSet
from kd.training.fit import FitSettings


@dataclass(frozen=True)
class PassWork:
    """What the passes of one job share beyond the bench.

    settings: parameters; how: of each training, its rate and seed aside; studies: None where nothing is tuned.
    """

    bench: Bench
    settings: IterateSettings
    plan: Plan
    how: FitSettings
    moves: AliasMoves
    workers: Pool
    studies: LabelStudies | None

    def by_hand(self) -> dict[str, int]:
        """Classes whose alias a person moved, with the version it stands on; what a crash left pending is finished."""
        moved = self.moves.reconcile()
        return {label: moved[best_alias(label)] for label in self.bench.inputs.classes if best_alias(label) in moved}

    def trained(
        self,
        index: int,
        wanted: Sequence[tuple[Candidate, TrainingSet, Origin]],
        *,
        parent: str,
        starts: Mapping[str, Path] | None = None,
    ) -> Iterator[tuple[Recorded, Path]]:
        """Networks trained side by side, then judged, logged and registered in order; with their training's folder.

        wanted: each with what it learns from, in words; starts: folders of saved networks to go on from, by architecture.
        What an earlier process finished is taken over.
        """
        threads = threads_for(self.settings, len(wanted))
        asked = []
        for candidate, training, origin in wanted:
            start = (starts or {}).get(candidate.architecture)
            trial = self.trial(index, candidate, training, threads=threads, start=start)
            params = {"architecture": candidate.architecture, "smoothing": candidate.smoothing or "none"}
            name = candidate.name if index else "tagger"
            asked.append(Wanted(name, candidate.architecture, trial, origin, params))
        kind = "candidate" if index else "tagger"
        yield from side_by_side(self.bench, self.workers, asked, kind=kind, index=index, parent=parent)

    def trial(
        self, index: int, candidate: Candidate, training: TrainingSet, *, threads: int, start: Path | None
    ) -> Trial:
        """What a worker does for one network."""
        rate = rate_of(self.settings, candidate.architecture)
        how = replace(self.how, learning_rate=rate, seed=seed_of(self.settings.seed, index, candidate.name))
        config = model_config(self.settings, candidate.architecture, self.bench.inputs)
        ranks = ranks_for(self.settings)
        return self.bench.trial(config, training, how, threads=threads, start=start, ranks=ranks)
