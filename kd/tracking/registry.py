"""The model registry: versions of one registered model, and the aliases on them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kd.corpus.names import class_slug
from kd.errors import UserError
from kd.tracking.packages import DETECTOR, Package
from kd.tracking.store import artifact_path, store_errors

MERGED = "merged"
STAGES = ("candidate", "staging", "production")  # aliases of the merged detector on its way to use
LONGEST = 5000  # characters that every database of MLflow takes in a tag of a registered model
LONGEST_OF_VERSION = 100_000  # the same of a version
PRUNING = "kd.pruning"  # tag of a version that is being deleted
NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.-]{1,200}")
LOGGED = re.compile(r"models:/(m-[^/]+)")
NUMBER = re.compile(r"[1-9][0-9]{0,8}")


def best_alias(label: str) -> str:
    """The alias of a class's champion."""
    return f"best-{class_slug(label)}"


def check_name(name: str) -> None:
    """Raises UserError for what cannot be a registered model's name."""
    if not NAME.fullmatch(name):
        raise UserError(f"model={name!r} is no name for a model", "use letters, digits, dots, - and _")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a registered model. source: where its files come from, such as `models:/m-0123…`."""

    name: str
    number: int
    run_id: str
    tags: dict[str, str]
    source: str = ""

    @property
    def iterate_id(self) -> str:
        """The job that trained it; empty where none is named."""
        return self.tags.get("kd.iterate_id", "")

    @property
    def kind(self) -> str:
        """What it is: `candidate`, `tagger`, `merged`, ...; empty where its tags do not say."""
        return self.tags.get("kd.kind", "")

    @property
    def corpus(self) -> str:
        """Digest of the corpus it was trained and scored on; empty where its tags do not say."""
        return self.tags.get("kd.corpus", "")

    @property
    def logged(self) -> str:
        """Id of the logged model that it is; empty where it is none."""
        found = LOGGED.fullmatch(self.source)
        return found[1] if found else ""

    def scores(self, kind: str) -> dict[str, float | None]:
        """Class to its F1 on the selection split, `tuned` or `fixed`, from its tags; None where undefined."""
        return dict(json.loads(self.tags.get(f"kd.f1.{kind}", "{}")))

    def f1(self, label: str, kind: str) -> float:
        """Its F1 of a class on the selection split, `tuned` or `fixed`, from its tags; 0 where undefined."""
        return float(self.scores(kind).get(label) or 0.0)


def check_classes(classes: Sequence[str]) -> None:
    """Raises UserError for more classes than the tags of a version can tell the F1 of."""
    if len(f1_tags(tuned=dict.fromkeys(classes, 1 / 3))["kd.f1.tuned"]) > LONGEST_OF_VERSION:
        raise UserError(
            f"{len(classes)} classes are more than a registry can keep the F1 of ({LONGEST_OF_VERSION} characters)",
            "name fewer with classes=, or give them shorter names",
        )


def f1_tags(**kinds: Mapping[str, float | None]) -> dict[str, str]:
    """Tags that `Version.f1` reads: `kd.f1.<kind>` holds class to F1 as JSON, exact, undefined null."""
    return {f"kd.f1.{kind}": json.dumps(dict(values)) for kind, values in kinds.items()}


class Registry:
    """The registered model `name`."""

    def __init__(self, client: Any, name: str) -> None:
        self.client, self.name = client, name

    def ensure(self) -> None:
        """Make the registered model if there is none. Raises UserError for a name that cannot be one."""
        from mlflow.exceptions import MlflowException

        check_name(self.name)
        with store_errors():
            try:
                self.client.create_registered_model(self.name)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise

    def tags(self) -> dict[str, str]:
        """The tags of the registered model."""
        with store_errors():
            return dict(self.client.get_registered_model(self.name).tags)

    def set_tag(self, key: str, value: str) -> None:
        """Set a tag of the registered model."""
        with store_errors():
            self.client.set_registered_model_tag(self.name, key, value)

    def copies(self) -> dict[str, str]:
        """Sources, `models:/…`, of versions under other names, such as copies, and what each is the source of."""
        items = _search(self.client, "source_path LIKE 'models:/%'")
        return {item.source: f"{item.name} {item.version}" for item in items if item.name != self.name}

    def tag_version(self, number: int, key: str, value: str) -> None:
        """Set a tag of a version."""
        with store_errors():
            self.client.set_model_version_tag(self.name, str(number), key, value)

    def delete(self, number: int) -> None:
        """Delete a version, and the aliases on it."""
        with store_errors():
            self.client.delete_model_version(self.name, str(number))

    def add(self, *, run: str, logged: str, tags: Mapping[str, str], description: str) -> int:
        """Register the model of id `logged`, logged by `run`; returns the version's number."""
        with store_errors():
            made = self.client.create_model_version(
                self.name,
                f"models:/{logged}",
                run_id=run,
                tags=dict(tags),
                await_creation_for=0,
                model_id=logged,
                description=description,
            )
        return int(made.version)

    def versions(self, *, run: str = "") -> list[Version]:
        """All versions, or those that a run registered."""
        wanted = f"name = '{self.name}'" + (f" and run_id = '{run}'" if run else "")
        return [_version(item) for item in _search(self.client, wanted)]

    def version(self, number: int | str) -> Version:
        """One version. Raises UserError where there is none of that number."""
        with store_errors():
            return _version(self.client.get_model_version(self.name, str(number)))

    def aliases(self) -> dict[str, int]:
        """All aliases and the versions they stand on."""
        with store_errors():
            return {
                alias: int(version) for alias, version in self.client.get_registered_model(self.name).aliases.items()
            }

    def move(self, alias: str, version: int) -> None:
        """Put an alias on a version."""
        with store_errors():
            self.client.set_registered_model_alias(self.name, alias, str(version))

    def unset(self, alias: str) -> None:
        """Take an alias off the version it stands on; nothing where there is no such alias."""
        with store_errors():
            self.client.delete_registered_model_alias(self.name, alias)


def _search(client: Any, wanted: str) -> list[Any]:
    """All versions, of any registered model, that a search finds."""
    found: list[Any] = []
    token = None
    with store_errors():
        while True:
            page = client.search_model_versions(wanted, max_results=1000, page_token=token)
            found += page
            token = page.token
            if not token:
                return found


def _version(item: Any) -> Version:
    return Version(item.name, int(item.version), item.run_id or "", dict(item.tags), item.source or "")


def parse_address(address: str) -> tuple[str, str, str]:
    """`models:/NAME@ALIAS` or `models:/NAME/VERSION` as (name, alias, version), one of the last two empty."""
    name, at, alias = address.removeprefix("models:/").partition("@")
    if not at:
        name, _, version = name.partition("/")
        if address.startswith("models:/") and NAME.fullmatch(name) and NUMBER.fullmatch(version):
            return name, "", version
    elif address.startswith("models:/") and NAME.fullmatch(name) and NAME.fullmatch(alias):
        return name, alias, ""
    raise UserError(f"{address!r} is no model address", "write models:/NAME@ALIAS or models:/NAME/VERSION")


def find(client: Any, address: str) -> Version:
    """The version a `models:/` address stands for. Raises UserError where there is none."""
    name, alias, version = parse_address(address)
    with store_errors():
        if alias:
            version = client.get_model_version_by_alias(name, alias).version
        return _version(client.get_model_version(name, str(version)))


def newest_of_run(client: Any, run: str) -> Version:
    """The newest version that a run registered, under any name. Raises UserError where it registered none."""
    found = [_version(item) for item in _search(client, f"run_id = '{run}'")]
    if not found:
        raise UserError(f"run {run} registered no model", "name a run of iterate, train, distill or merge that ended")
    return max(found, key=lambda version: version.number)


def fetch(client: Any, version: Version, *, cache: Path, package: Package = DETECTOR) -> Path:
    """The folder of a version's detector, or of another package: in place where its files are on this machine, else a
    copy below `cache`.

    Raises UserError for a version that this project did not make, or that is of another kind.
    """
    with store_errors():
        place = artifact_path(client.get_model_version_download_uri(version.name, str(version.number)))
        if place is None or not place.is_dir():
            from mlflow.artifacts import download_artifacts

            place = cache / f"{version.name}-{version.number}-{version.run_id}"
            place.mkdir(parents=True, exist_ok=True)
            address = f"models:/{version.name}/{version.number}"
            place = Path(download_artifacts(artifact_uri=address, dst_path=str(place)))
    found = place / "artifacts" / package.artifact
    if not found.is_dir():
        raise UserError(
            f"version {version.number} of {version.name} holds no {package.artifact} of this project", package.made_by
        )
    return found
