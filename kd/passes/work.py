"""The trainings of a pass: side by side in workers, then each on its run and in the registry."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from kd.engines.workers import Workers
from kd.passes.context import Bench, model_config
from kd.passes.label_studies import LabelStudies
from kd.passes.networks import Told, Trial, cost_of, run_trial
from kd.passes.origin import Origin
from kd.passes.plan import Candidate, Plan, seed_of
from kd.passes.recording import Recorded, finished_run, identity_tags, judged, record
from kd.passes.settings import IterateSettings
from kd.passes.threads import threads_for
from kd.tracking.aliases import AliasMoves
from kd.tracking.registry import best_alias
from kd.training.data import TrainingSet
from kd.training.fit import FitSettings


@dataclass(frozen=True)
class PassWork:
    """What the passes of one job share beyond the bench.

    settings: parameters; how: of each training; studies: None where nothing is tuned.
    """

    bench: Bench
    settings: IterateSettings
    plan: Plan
    how: FitSettings
    moves: AliasMoves
    workers: Workers
    studies: LabelStudies | None

    def by_hand(self) -> dict[str, int]:
        """Classes whose alias a person moved, with the version it stands on; what a crash left pending is finished."""
        moved = self.moves.reconcile()
        return {label: moved[best_alias(label)] for label in self.bench.inputs.classes if best_alias(label) in moved}

    def trained(
        self, index: int, wanted: Sequence[tuple[Candidate, TrainingSet, Origin]], *, parent: str
    ) -> Iterator[tuple[Recorded, Path]]:
        """Networks trained side by side, then judged, logged and registered in order; with their training's folder.

        wanted: each with what it learns from, in words. What an earlier process finished is taken over.
        """
        bench = self.bench
        threads = threads_for(self.settings, len(wanted))
        trials = [self.trial(index, candidate, training, threads=threads) for candidate, training, _ in wanted]
        names = [candidate.name if index else "tagger" for candidate, _, _ in wanted]
        kind = "candidate" if index else "tagger"
        tags = [
            {**identity_tags(bench, kind=kind, index=index, name=name), "kd.step": trial.training.key}
            for name, trial in zip(names, trials, strict=True)
        ]
        done = [finished_run(bench, each) for each in tags]
        runs = {i: found[0] for i, found in enumerate(done) if found}

        def run_of(i: int) -> str:
            if i not in runs:
                runs[i] = bench.runs.create(names[i], tags=tags[i], parent=parent)
            return runs[i]

        def heard(i: int, said: Told) -> None:
            if said is not None:
                bench.progress.step(names[i], *said)
            else:
                run_of(i)
                architecture = wanted[i][0].architecture
                bench.progress.begin(
                    names[i], index=index, kind=architecture, steps=self.how.steps, cores=trials[i].training.threads
                )

        for i, step in enumerate(self.workers.each(run_trial, trials, heard)):
            bench.progress.end(names[i])
            candidate, _, origin = wanted[i]
            found = self.recorded(candidate, trials[i], step, run=run_of(i), tags=tags[i], origin=origin, done=done[i])
            yield found, step

    def trial(self, index: int, candidate: Candidate, training: TrainingSet, *, threads: int) -> Trial:
        """What a worker does for one network."""
        inputs = self.bench.inputs
        how = replace(self.how, seed=seed_of(self.settings.seed, index, candidate.name))
        config = model_config(self.settings, candidate.architecture, inputs)
        spec = self.bench.view(candidate.architecture).spec
        scored = [part for part in (inputs.select, inputs.report) if part is not None]
        judged_on = tuple((part.digest, inputs.features(part, spec)) for part in scored)
        return Trial(self.bench.training(config, training, how, threads=threads), spec, judged_on)

    def recorded(
        self,
        candidate: Candidate,
        trial: Trial,
        step: Path,
        *,
        run: str,
        tags: Mapping[str, str],
        origin: Origin,
        done: tuple[str, int] | None,
    ) -> Recorded:
        """A finished training on its run and in the registry; `done` is where an earlier process put it."""
        view = self.bench.view(candidate.architecture)
        if done:
            verdict = judged(self.bench, step / "network", view)
            return Recorded(done[0], done[1], verdict, cost_of([step]))
        how = asdict(trial.training.how)
        params = {"architecture": candidate.architecture, "smoothing": candidate.smoothing or "none", **how}
        return record(self.bench, run=run, step=step, view=view, tags=tags, origin=origin, params=params)
