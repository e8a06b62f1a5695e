"""The tracking store and the studies: that they answer, and where artifacts go."""

import os
from collections.abc import Iterator
from typing import Any

from kd.doctor.environment import existing
from kd.doctor.finding import Finding
from kd.doctor.leftovers import jobs
from kd.errors import UserError
from kd.text import masked
from kd.tracking.store import artifact_path, open_store, sqlite_path, store_errors, tracking_uri
from kd.tuning.store import open_studies, studies_uri


def stores() -> Iterator[Finding]:
    """Every check of this file, and what jobs left in the store."""
    path = sqlite_path(tracking_uri())
    if path is not None and not path.exists():
        yield Finding("tracking store", "note", f"{masked(tracking_uri())} is not there yet", "the first job makes it")
    else:
        try:
            client = open_store(there=True)
            yield tracking(client)
            yield from jobs(client)
        except UserError as error:
            yield Finding("tracking store", "fault", error.message, error.hint)
    yield studies()


def tracking(client: Any) -> Finding:
    """Runs and models in the store, and whether artifacts can be written."""
    with store_errors():
        experiments = client.search_experiments()
        models = client.search_registered_models()
    for each in experiments:
        place = artifact_path(each.artifact_location)
        if place is not None and not os.access(existing(place), os.W_OK):
            says = f"artifacts of experiment {each.name} go to {each.artifact_location}, which cannot be written"
            return Finding("tracking store", "fault", says, "check owner and rights")
    says = f"{masked(tracking_uri())}, {len(experiments)} experiments, {len(models)} registered models"
    return Finding("tracking store", "ok", says)


def studies() -> Finding:
    """Whether the database of studies can be used."""
    path = sqlite_path(studies_uri())
    if path is not None and not path.exists():
        return Finding("studies", "note", f"{masked(studies_uri())} is not there yet", "the first study makes it")
    try:
        opened = open_studies()
    except UserError as error:
        return Finding("studies", "fault", error.message, error.hint)
    try:
        return Finding("studies", "ok", f"{masked(studies_uri())}, {len(opened.names())} studies")
    finally:
        opened.close()
