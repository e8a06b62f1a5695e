"""The settings of the next attempt, from all that have ended: a function of them, the study's seed and the draw's number."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kd.tuning.library import hushed, optuna
from kd.tuning.samplers import draw_seed, pruner, sampler
from kd.tuning.space import Space, Value

DRAW = "kd:draw"  # the key under which a trial holds its number


class Draws:
    """A study in memory that optuna's samplers and pruners look at.

    It holds ended trials alone, in the order of their draws, and every draw has a sampler of its own, seeded for it: what
    an interrupted process began or failed leaves no trace in what is drawn next. Memory, because a sampler that works on
    a database writes every setting by itself.
    """

    def __init__(self, *, space: Space, kind: str, seed: int, stop: str, first: Sequence[Mapping[str, Value]]) -> None:
        self.kind, self.seed, self.first = kind, seed, first
        self.distributions = space.distributions()
        self.study = optuna().create_study(direction="maximize", pruner=pruner(stop))
        self.known: set[int] = set()

    def learn(self, trials: Iterable[Any]) -> None:
        """Take in ended trials that are not known yet: those of earlier and of other processes."""
        ended = {trial.system_attrs[DRAW]: trial for trial in trials}
        for number in sorted(ended.keys() - self.known):
            trial = ended[number]
            self.known.add(number)
            with hushed():
                if self.kind == "cmaes" and trial.state == optuna().trial.TrialState.COMPLETE:
                    self._replay(trial)
                else:
                    self.study.add_trial(trial)

    def _replay(self, trial: Any) -> None:
        """Bring the CMA-ES sampler to where the trial brought it: its state is not stored, for it would be a pickle."""
        number = trial.system_attrs[DRAW]
        self.study.sampler = sampler(self.kind, seed=draw_seed(self.seed, number))
        self.study.enqueue_trial(trial.params)
        again = self.study.ask(self.distributions)
        if number >= len(self.first):
            _ = again.relative_params  # drawn when first looked at
        self.study.tell(again, trial.value)

    def ask(self, number: int, *, beside: Iterable[Any]) -> Any:
        """The trial of draw `number`; beside: trials that run now in other processes."""
        with hushed():
            for trial in beside:
                self.study.add_trial(trial)
            self.study.sampler = sampler(self.kind, seed=draw_seed(self.seed, number))
            if number < len(self.first):
                self.study.enqueue_trial(dict(self.first[number]))
            asked = self.study.ask(self.distributions)
            for other in self.study.get_trials(deepcopy=False, states=(optuna().trial.TrialState.RUNNING,)):
                if other.number != asked.number:
                    self.study.tell(other.number, state=optuna().trial.TrialState.FAIL)
            return asked

    def ask_apart(self, number: int, *, beside: Iterable[Any]) -> tuple[dict[str, Value], Any]:
        """Settings of draw `number`, and a trial that the pruner judges by what is known now, whatever others tell meanwhile.

        Not to be told of: once it has ended, it is learnt of as the database holds it.
        """
        asked = self.ask(number, beside=beside)
        settings = dict(asked.params)
        with hushed():
            self.study.tell(asked, state=optuna().trial.TrialState.FAIL)
            judged = optuna().create_study(direction="maximize", pruner=self.study.pruner)
            judged.add_trials(self.study.get_trials(deepcopy=False))
            return settings, judged.ask()

    def running(self, settings: Mapping[str, Value]) -> Any:
        """A trial of these settings that runs."""
        state = optuna().trial.TrialState.RUNNING
        return optuna().trial.create_trial(state=state, params=dict(settings), distributions=self.distributions)

    def tell(self, asked: Any, number: int, value: float | None) -> None:
        """The trial of draw `number` has ended, at a value or pruned (None)."""
        self.known.add(number)
        with hushed():
            self.study.tell(asked, value, state=None if value is not None else optuna().trial.TrialState.PRUNED)
