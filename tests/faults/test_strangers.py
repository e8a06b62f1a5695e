"""Files from strangers: no pickle is ever opened, nothing they name is run, no password is kept."""

import ast
import io
import json
import pickle
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch

from kd.errors import UserError
from kd.labels.artifact import save_labels
from kd.passes.kept_scores import load_scores, save_scores
from kd.training.checkpoint import load_checkpoint
from tests.conftest import ROOT, Place
from tests.detection.make import detector_folder
from tests.faults.test_bad_input import refused
from tests.labels.test_labels import artifact

CODE = [path for folder in ("kd", "dashboards", "entrypoints") for path in sorted((ROOT / folder).rglob("*.py"))]
NEVER_IMPORTED = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "marshal", "shelve"}
NEVER_CALLED = {"eval", "exec", "os.system", "os.popen", "torch.load", "mlflow.pytorch.load_model", "yaml.load"}


class Malicious:
    """Makes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.mark), "w")


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """The file that a pickle makes once opened; it works."""
    proof = tmp_path / "proof"
    pickle.loads(pickle.dumps(Malicious(proof))).close()
    assert proof.exists()
    return tmp_path / "opened"


def array(mark: Path) -> bytes:
    """A `.npy` file with a pickle inside."""
    out = io.BytesIO()
    np.save(out, np.array([Malicious(mark)], dtype=object), allow_pickle=True)
    return out.getvalue()


def whole_model(mark: Path) -> bytes:
    """What `torch.save` makes of an object."""
    out = io.BytesIO()
    torch.save(Malicious(mark), out)
    return out.getvalue()


def test_a_pickle_in_the_place_of_weights_is_not_opened(asked: Place, mark: Path, micro: Path, tmp_path: Path) -> None:
    folder = detector_folder(tmp_path, ("shallow",))
    member = folder / "member-0"
    data = whole_model(mark)
    (member / "weights.safetensors").write_bytes(data)
    about = json.loads((member / "model.json").read_text())
    (member / "model.json").write_text(json.dumps({**about, "sha256": sha256(data).hexdigest()}))
    refused(asked.ask("detect", audio=micro / "audio" / "test", model=folder), "does not fit model.json")
    assert not mark.exists()


def test_a_pickle_in_the_place_of_labels_or_scores_is_not_opened(
    asked: Place, mark: Path, micro: Path, tmp_path: Path
) -> None:
    labels = tmp_path / "labels"
    save_labels(labels, artifact())
    (labels / "weak.npy").write_bytes(array(mark))
    refused(asked.ask("distill", labels=labels, data=micro), "weak.npy: cannot be read")
    save_scores(tmp_path, "select", np.zeros((1, 2, 3), np.float16), {"split": "x"})
    (tmp_path / "select.npy").write_bytes(array(mark))
    about = json.loads((tmp_path / "select.json").read_text())
    digest = sha256(array(mark)).hexdigest()
    (tmp_path / "select.json").write_text(json.dumps({**about, "sha256": digest}))
    with pytest.raises(UserError, match="are not what was kept"):
        load_scores(tmp_path, "select", run="x")
    assert not mark.exists()


def test_a_pickle_in_the_place_of_a_checkpoint_is_passed_over(mark: Path, tmp_path: Path) -> None:
    path, network = tmp_path / "checkpoint.safetensors", torch.nn.Linear(2, 2)
    path.write_bytes(whole_model(mark))
    optimizer = torch.optim.Adam(network.parameters())
    assert load_checkpoint(path, model=network, optimizer=optimizer) == (0, []) and not mark.exists()


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_code_opens_pickles_or_runs_text(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            assert not {alias.name.partition(".")[0] for alias in node.names} & NEVER_IMPORTED
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] not in NEVER_IMPORTED
        elif isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in NEVER_CALLED, node.lineno
            given = {word.arg: ast.unparse(word.value) for word in node.keywords}
            assert given.get("shell", "False") == "False", node.lineno
            assert given.get("allow_pickle", "False") == "False", node.lineno
            if ast.unparse(node.func) in ("np.load", "numpy.load"):
                assert given.get("allow_pickle") == "False", node.lineno


@pytest.mark.parametrize(
    "address",
    [
        "http://me:a-secret-word@127.0.0.1:9",
        pytest.param("postgresql://me:a-secret-word@127.0.0.1:9/x", marks=pytest.mark.slow),
    ],
)
def test_passwords_of_stores_are_in_no_message(asked: Place, micro: Path, address: str) -> None:
    asked.env |= {"MLFLOW_TRACKING_URI": address, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    done = asked.ask("train", data=micro, clip_seconds=2, steps=1)
    refused(done, "me:***@127.0.0.1:9", "does not answer")
    assert "a-secret-word" not in done.stderr + done.stdout
