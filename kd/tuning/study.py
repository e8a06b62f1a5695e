"""A study: settings drawn, tried and kept until enough attempts have ended, by one process or by several."""

import contextlib
import json
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kd.errors import UserError
from kd.tuning.attempt import Attempt, Pruned
from kd.tuning.draws import DRAW, Draws
from kd.tuning.library import optuna
from kd.tuning.outcome import Studied, studied
from kd.tuning.samplers import check_sampler
from kd.tuning.space import Space, Value
from kd.tuning.store import Studies
from kd.tuning.store_errors import store_errors

OWNER = "kd:owner"  # the key under which a trial holds the name of its process
TERMS = "kd"  # the key under which a study holds how it draws
LONGEST = 400  # characters of a name
SOONEST, LATEST = 0.02, 0.5  # seconds between two looks at what other processes do


@dataclass(frozen=True)
class Seen:
    """The trials of a study at one moment: those that ended, by draw, and those that live processes run now."""

    ended: dict[int, Any]
    running: dict[int, Any]

    def next(self, trials: int, at_once: int) -> list[int]:
        """The draws that nobody has done or does of the first group of `at_once` that has such."""
        open_ = [n for n in range(trials) if n not in self.ended and n not in self.running]
        return [n for n in open_ if n // at_once == open_[0] // at_once]


def run_study(
    *,
    studies: Studies,
    name: str,
    space: Space,
    objective: Callable[[Attempt], float],
    trials: int,
    seed: int,
    sampler: str = "tpe",
    pruner: str = "none",
    first: Sequence[Mapping[str, Value]] = (),
    told: Callable[[int, int], None] | None = None,
    at_once: int = 1,
) -> Studied:
    """Try settings until `trials` attempts have ended, complete or pruned; the highest value is the best.

    first: settings tried before any are drawn, each once. told: called with how many attempts have ended, and of how many.
    at_once: attempts of one group, drawn from all that ended before the group and made at the same time, each in a thread.

    A study that was interrupted goes on: what a dead process was at is marked failed and done again, and the draws, so
    the best, are those of a study that was never interrupted. One that has ended is read, and no attempt made; asked for
    more trials, it goes on. Processes that call this with the same name at the same time share the attempts, and each
    returns when all have ended; then draws depend on which process was faster, and are not reproducible.

    An objective that raises fails its attempt and ends the call with what it raised. Raises UserError where a stored study
    of this name draws otherwise (space, sampler, pruner, seed or first), and where the database fails; ValueError for a
    value that is not a finite number.
    """
    check_sampler(sampler)
    if trials < 1:
        raise UserError(f"a study of {trials} trials", "ask for 1 or more")
    given = _each_once([space.checked(settings, what="settings to try first") for settings in first])
    terms = {"space": space.described(), "sampler": sampler, "pruner": pruner, "seed": seed, "first": given}
    terms |= {"at_once": at_once} if at_once > 1 else {}
    draws = Draws(space=space, kind=sampler, seed=seed, stop=pruner, first=given)
    with store_errors(studies.uri):
        study = _opened(studies, name, terms)
    with _living(studies) as owner:
        done, pause = -1, SOONEST
        while True:
            with store_errors(studies.uri), studies.turns.deciding():
                seen = _seen(studies, study, owner)
                attempts = _begun(studies, study, owner, seen, draws, trials, at_once)
            count = sum(number < trials for number in seen.ended)
            if told and count > done:
                told(count, trials)
            done = count
            if done == trials:
                break
            if attempts:
                if at_once == 1:
                    (attempt,) = attempts
                    draws.tell(attempt.trial, attempt.number, _tried(attempt, objective))
                else:
                    _all_tried(attempts, objective)
                pause = SOONEST
            else:
                time.sleep(pause)
                pause = min(2 * pause, LATEST)
    with store_errors(studies.uri):
        found = studies.storage.get_all_trials(study, deepcopy=False)
    return studied(
        name=name, space=space, sampler=sampler, seed=seed, enqueued=min(len(given), trials), draws=trials, trials=found
    )


@contextlib.contextmanager
def _living(studies: Studies) -> Iterator[str]:
    with contextlib.ExitStack() as stack:
        with store_errors(studies.uri):
            owner = stack.enter_context(studies.turns.living())
        yield owner


def _each_once(settings: Sequence[dict[str, Value]]) -> list[dict[str, Value]]:
    return [each for i, each in enumerate(settings) if each not in settings[:i]]


def _opened(studies: Studies, name: str, terms: dict[str, Any]) -> int:
    """The id of a study that draws on these terms, made where there is none."""
    if not 0 < len(name) <= LONGEST:
        raise UserError(f"a study's name of {len(name)} characters", f"give it 1 to {LONGEST}")
    storage = studies.storage
    with studies.turns.deciding():
        try:
            study = storage.get_study_id_from_name(name)
        except KeyError:
            study = storage.create_new_study([optuna().study.StudyDirection.MAXIMIZE], name)
        stored = storage.get_study_user_attrs(study).get(TERMS)
        if stored is None and not storage.get_all_trials(study, deepcopy=False):
            storage.set_study_user_attr(study, TERMS, terms)
            stored = terms
    if stored is None:
        raise UserError(f"the study {name!r} was made by another program", "use another name")
    other = [key for key in terms if json.dumps(terms[key]) != json.dumps(stored.get(key))]
    if other:
        raise UserError(
            f"the study {name!r} is stored with another {' and '.join(other)}", "use another name, or begin it afresh"
        )
    return int(study)


def _seen(studies: Studies, study: int, owner: str) -> Seen:
    """What has been done and is being done; what dead processes were at is marked failed."""
    state = optuna().trial.TrialState
    ended: dict[int, Any] = {}
    running: dict[int, Any] = {}
    for trial in studies.storage.get_all_trials(study, deepcopy=False):
        draw = trial.system_attrs.get(DRAW)
        if draw is None or trial.state == state.FAIL:
            continue
        if trial.state in (state.COMPLETE, state.PRUNED):
            ended.setdefault(draw, trial)
        elif trial.system_attrs[OWNER] != owner and studies.turns.alive(trial.system_attrs[OWNER]):
            running[draw] = trial
        else:
            row = studies.storage.get_trial_id_from_study_id_trial_number(study, trial.number)
            studies.storage.set_trial_state_values(row, state.FAIL)
    return Seen(ended, running)


def _begun(
    studies: Studies, study: int, owner: str, seen: Seen, draws: Draws, trials: int, at_once: int
) -> list[Attempt]:
    """The next attempts, drawn and written down as running; none where none is left."""
    numbers = seen.next(trials, at_once)
    if not numbers:
        return []
    group = range(numbers[0] // at_once * at_once, numbers[0] // at_once * at_once + at_once)
    draws.learn(trial for number, trial in seen.ended.items() if number not in group)
    beside = {n: draws.running(each.params) for n, each in (seen.ended | seen.running).items() if n in group}
    beside |= {n: each for n, each in seen.running.items() if n not in group}
    attempts = []
    for number in numbers:
        others = [beside[n] for n in sorted(beside) if n < number or n not in group]
        if at_once == 1:
            trial = draws.ask(number, beside=others)
            settings = dict(trial.params)
        else:
            settings, trial = draws.ask_apart(number, beside=others)
            beside[number] = draws.running(settings)
        frozen = optuna().trial.create_trial(
            state=optuna().trial.TrialState.RUNNING,
            params=settings,
            distributions=draws.distributions,
            system_attrs={DRAW: number, OWNER: owner},
        )
        row = studies.storage.create_new_trial(study, frozen)
        attempts.append(Attempt(number=number, settings=settings, trial=trial, studies=studies, row=row))
    return attempts


def _all_tried(attempts: Sequence[Attempt], objective: Callable[[Attempt], float]) -> None:
    """Make attempts at the same time, each in a thread. The first error is raised once all have ended."""
    ended: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()

    def make(attempt: Attempt) -> None:
        try:
            _tried(attempt, objective)
            ended.put(None)
        except BaseException as error:
            ended.put(error)

    for attempt in attempts:
        threading.Thread(target=make, args=(attempt,), daemon=True).start()
    errors = [error for error in [ended.get() for _ in attempts] if error]
    if errors:
        raise errors[0]


def _tried(attempt: Attempt, objective: Callable[[Attempt], float]) -> float | None:
    """Make an attempt, and write down how it ended; its value, None where it was stopped."""
    state = optuna().trial.TrialState
    storage = attempt.studies.storage
    value: float | None
    try:
        try:
            value, how = float(objective(attempt)), state.COMPLETE
            if not math.isfinite(value):
                raise ValueError(f"attempt {attempt.number} of {attempt.settings} is worth {value}")
        except Pruned:
            value, how = attempt.last(), state.PRUNED
        with store_errors(attempt.studies.uri):
            storage.set_trial_state_values(attempt.row, how, None if value is None else [value])
    except BaseException:
        with contextlib.suppress(Exception):
            storage.set_trial_state_values(attempt.row, state.FAIL)
        raise
    return value if how == state.COMPLETE else None
