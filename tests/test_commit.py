"""The commit of a checkout, read as git would say it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kd.commit import commit_of

FIRST, SECOND = "1" * 40, "2" * 40


def made(folder: Path, head: str, **files: str) -> Path:
    """A checkout with this HEAD and these files of `.git`, `/` written as `__`."""
    place = folder / ".git"
    for name, text in {"HEAD": head, **files}.items():
        path = place / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("head", "files", "commit"),
    [
        (FIRST, {}, FIRST),
        ("a" * 64 + "\n", {}, "a" * 64),
        ("ref: refs/heads/main\n", {"refs__heads__main": FIRST + "\n"}, FIRST),
        (
            "ref: refs/heads/main\n",
            {"packed-refs": f"# pack-refs\n{SECOND} refs/heads/main2\n{FIRST} refs/heads/main\n"},
            FIRST,
        ),
        ("ref: refs/heads/main\n", {"refs__heads__main": FIRST, "packed-refs": f"{SECOND} refs/heads/main\n"}, FIRST),
        ("ref: refs/heads/a\n", {"refs__heads__a": "ref: refs/heads/b", "refs__heads__b": FIRST}, FIRST),
        ("ref: refs/heads/a\n", {"refs__heads__a": "ref: refs/heads/a"}, ""),
        ("ref: refs/heads/unborn\n", {}, ""),
        ("ref: refs/heads/main\n", {"refs__heads__main": "no commit"}, ""),
        ("", {}, ""),
    ],
)
def test_a_clone(tmp_path: Path, head: str, files: dict[str, str], commit: str) -> None:
    assert commit_of(made(tmp_path, head, **files)) == commit


def test_what_is_no_checkout_has_no_commit(tmp_path: Path) -> None:
    assert commit_of(tmp_path) == "" and commit_of(tmp_path / "absent") == ""
    (tmp_path / ".git").write_bytes(b"\xff\xfe")
    assert commit_of(tmp_path) == ""
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all")
    assert commit_of(tmp_path) == ""


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_says_the_same_of_clones_packed_clones_and_worktrees(tmp_path: Path) -> None:
    config = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    names = {f"GIT_{who}_{what}": "x@y" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    clone, tree = tmp_path / "clone", tmp_path / "tree"
    clone.mkdir()

    def git(*words: str, at: Path = clone) -> str:
        env = {"PATH": os.environ["PATH"], **config, **names}
        return subprocess.run(
            ["git", *words], cwd=at, env=env, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "-q")
    assert commit_of(clone) == ""
    git("commit", "-q", "--allow-empty", "-m", "one")
    assert commit_of(clone) == git("rev-parse", "HEAD")
    git("worktree", "add", "-q", "-b", "side/line", str(tree))
    git("commit", "-q", "--allow-empty", "-m", "two", at=tree)
    git("pack-refs", "--all")
    assert commit_of(tree) == git("rev-parse", "HEAD", at=tree) != commit_of(clone) == git("rev-parse", "HEAD")
    git("checkout", "-q", "--detach", "HEAD~1", at=tree)
    assert commit_of(tree) == git("rev-parse", "HEAD", at=tree)
