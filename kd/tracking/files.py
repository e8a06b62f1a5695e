"""The files of logged models: how many bytes they are, and their end."""

from typing import Any

from kd.tracking.store import store_errors


def size_of(client: Any, logged: str) -> int:
    """Bytes of a logged model's files; 0 where it is gone."""
    place = _place(client, logged)
    if place is None:
        return 0
    with store_errors():
        return _bytes_below(place, None)


def delete_logged(client: Any, logged: str) -> None:
    """Delete a logged model, its files first, so that a crash in between leaves something to find them by."""
    place = _place(client, logged)
    if place is None:
        return
    with store_errors():
        place.delete_artifacts()
        client.delete_logged_model(logged)


def _place(client: Any, logged: str) -> Any:
    """The artifact repository of a logged model; None where the model is gone."""
    from mlflow.exceptions import MlflowException
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    with store_errors():
        try:
            return get_artifact_repository(client.get_logged_model(logged).artifact_location)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise


def _bytes_below(place: Any, folder: str | None) -> int:
    return sum(
        _bytes_below(place, each.path) if each.is_dir else int(each.file_size or 0)
        for each in place.list_artifacts(folder)
    )
