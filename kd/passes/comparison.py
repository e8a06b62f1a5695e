"""`compare`: two systems on the same clips, each a table of events, a folder of scores, a registered model or a run."""

import json
from typing import Literal

from kd.config import home, say, user_path
from kd.errors import UserError
from kd.files import atomic_write_text
from kd.passes.evaluation import check_out, rules_of, sampling_of, wants_makers
from kd.passes.score_tables import comparison
from kd.passes.settings import CompareSettings
from kd.scoring.contrast import contrast
from kd.scoring.sources import Reference, of_scores, of_table, read_reference
from kd.scoring.system import System
from kd.tracking.runs import is_run_id

Kind = Literal["table", "scores", "model", "run"]


def compare(settings: CompareSettings) -> int:
    """Score both, print the differences, write the JSON; returns the exit code."""
    kinds = {name: kind_of(getattr(settings, name), name) for name in ("a", "b")}
    check_out(settings.out, read={name: getattr(settings, name) for name in ("a", "b", "reference", "clips")})
    rules, sampling = rules_of(settings), sampling_of(settings, settings.resamples)
    reference = reference_of(settings, kinds)
    systems = {name: system_of(getattr(settings, name), kinds[name], settings, reference) for name in kinds}
    found = contrast(systems["a"], systems["b"], rules=rules, sampling=sampling)
    if settings.out:
        atomic_write_text(settings.out, json.dumps(found, indent=1, allow_nan=False))
    say(f"a: {settings.a}\nb: {settings.b}\n{comparison(found)}")
    if settings.out:
        say(f"written: {settings.out}")
    return 0


def kind_of(place: str, name: str) -> Kind:
    """What a parameter names. Raises UserError where it names nothing."""
    if not place:
        raise UserError(f"{name}= is empty", "name a table of events, a folder of scores, a models:/ address or a run")
    if place.startswith("models:"):
        return "model"
    path = user_path(place, name)
    if path.exists():
        return "scores" if path.is_dir() else "table"
    if is_run_id(place):
        return "run"
    raise UserError(
        f"{name}={place}: there is no such file or folder, and it is no models:/ address and no run's id",
        "check the path",
    )


def reference_of(settings: CompareSettings, kinds: dict[str, Kind]) -> Reference | None:
    """The reference events of the files among the two; that of the split where one is a model or a run."""
    platform = [name for name, kind in kinds.items() if kind in ("model", "run")]
    if len(platform) == 2:
        given = next((name for name in ("reference", "clips") if getattr(settings, name)), None)
        if given:
            raise UserError(f"{given}= goes with files, not with models or runs", "they are scored on data= and split=")
        return None
    table = settings.reference
    if not table:
        if not platform:
            raise UserError("reference= is empty", "name the table of reference events")
        from kd.corpus.layout import need_table
        from kd.corpus.locate import locate

        table = str(need_table(locate(settings.data, home=home()), settings.split, role="split"))
    return read_reference(table, clips=settings.clips or None, makers=wants_makers(settings, settings.resamples))


def system_of(place: str, kind: Kind, settings: CompareSettings, reference: Reference | None) -> System:
    """One of the two."""
    if kind in ("model", "run"):
        from kd.passes.systems import of_model, of_run

        load = of_model if kind == "model" else of_run
        return load(place, settings, makers=wants_makers(settings, settings.resamples))
    assert reference is not None
    if kind == "scores":
        return of_scores(place, reference, threshold=settings.threshold, window=settings.window)
    return of_table(place, reference)
