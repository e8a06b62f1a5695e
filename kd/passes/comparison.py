"""`compare`: two systems on the same clips, each a table of events, a folder of scores, a registered model or a run.

Or each the mean of several, such as seeds of one training.
"""

import json
from collections.abc import Sequence
from typing import Literal

from kd.config import home, say, user_path
from kd.errors import UserError
from kd.files import atomic_write_text
from kd.passes.evaluation import check_out, rules_of, sampling_of, wants_makers
from kd.passes.score_tables import comparison
from kd.passes.scoring_settings import CompareSettings
from kd.scoring.contrast import contrast
from kd.scoring.sources import Reference, of_scores, of_table, read_reference
from kd.scoring.system import System
from kd.tracking.runs import is_run_id

Kind = Literal["table", "scores", "model", "run"]


def compare(settings: CompareSettings) -> int:
    """Score both sides, print the differences, write the JSON; returns the exit code."""
    places = {name: places_of(getattr(settings, name), name) for name in ("a", "b")}
    read = {name: getattr(settings, name) for name in ("reference", "clips")}
    for name, listed in places.items():
        read |= {name if len(listed) == 1 else f"{name} ({i + 1})": place for i, (place, _) in enumerate(listed)}
    check_out(settings.out, read=read)
    rules, sampling = rules_of(settings), sampling_of(settings, settings.resamples)
    reference = reference_of(settings, {kind for listed in places.values() for _, kind in listed})
    a, b = ([system_of(place, kind, settings, reference) for place, kind in places[name]] for name in ("a", "b"))
    found = contrast(a, b, rules=rules, sampling=sampling)
    if settings.out:
        atomic_write_text(settings.out, json.dumps(found, indent=1, allow_nan=False))
    say(f"{_titled('a', places['a'])}\n{_titled('b', places['b'])}\n{comparison(found)}")
    if settings.out:
        say(f"written: {settings.out}")
    return 0


def places_of(text: str, name: str) -> list[tuple[str, Kind]]:
    """What a parameter names, and of what kind each is: one thing, or several between commas. Raises UserError."""
    if "," not in text or user_path(text, name).exists():
        return [(text, kind_of(text, name))]
    places = [place.strip() for place in text.split(",")]
    if not all(places):
        raise UserError(f"{name}={text}: a comma with nothing before or after it", "leave it out")
    try:
        return [(place, kind_of(place, name)) for place in places]
    except UserError as error:
        raise UserError(error.message, f"{error.hint}; commas stand between several") from None


def _titled(name: str, listed: Sequence[tuple[str, Kind]]) -> str:
    places = ", ".join(place for place, _ in listed)
    return f"{name}: {places}" if len(listed) == 1 else f"{name}: the mean of {len(listed)}: {places}"


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


def reference_of(settings: CompareSettings, kinds: set[Kind]) -> Reference | None:
    """The reference events of the files among the systems; that of the split where one is a model or a run."""
    platform = kinds & {"model", "run"}
    if platform == kinds:
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
