"""A corpus: its splits by role, its classes, and a digest of all that training can see of it."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kd.corpus.audio import attach_audio, check_shared_audio, unlisted
from kd.corpus.layout import corpus_root, find_table, need_table, some
from kd.corpus.names import check_slugs
from kd.corpus.roles import REQUIRED, SCORED, TRAINING, Roles
from kd.corpus.splits import Split, choose_classes, keep_classes, read_split
from kd.corpus.table_text import count
from kd.errors import UserError


@dataclass(frozen=True)
class Corpus:
    """root: the folder, links resolved; classes: sorted; a role without a split is None.

    notes: one line each on what was absent, skipped or left unused. digest: sha256 of classes, split names, table bytes
    and each clip's name, size and content: the same wherever the corpus lies.
    """

    root: Path
    classes: tuple[str, ...]
    weak: Split
    in_domain: Split | None
    out_of_domain: Split | None
    strong: Split | None
    select: Split
    report: Split | None
    notes: tuple[str, ...]
    digest: str

    def training(self) -> tuple[Split, ...]:
        """The splits that training may see."""
        return tuple(s for s in (self.weak, self.in_domain, self.out_of_domain, self.strong) if s is not None)

    def scored(self) -> tuple[Split, ...]:
        """The splits that are scored; one where `select_on` and `report_on` are the same."""
        return (self.select,) if self.report is None or self.report is self.select else (self.select, self.report)

    def splits(self) -> tuple[Split, ...]:
        """Every split there is, once."""
        return self.training() + self.scored()


def load_corpus(
    root: Path | str,
    *,
    roles: Roles | None = None,
    classes: Sequence[str] = (),
    missing: Literal["error", "skip"] = "error",
    need_audio: bool = True,
    cache: Path | None = None,
) -> Corpus:
    """Read a corpus and check what training relies on.

    classes: restrict to these, dropping other labels. missing: whether a listed clip without audio is an error or is
    dropped and counted in the notes. need_audio: look for the audio, hash it and read its headers; without it clips
    carry a path where there is a file and nothing more, and the digest is of labels alone. cache: a JSON file that
    keeps hashes of files unchanged in size and time.

    Raises UserError for the first thing found wrong, with file and line.
    """
    root, roles = corpus_root(root), roles or Roles()
    if missing not in ("error", "skip"):
        raise UserError(f"missing={missing!r} is neither error nor skip", "give missing=error or missing=skip")
    splits, notes = _read_splits(root, roles)
    training = {role: splits[role] for role in TRAINING if role in splits}
    scored = {role: splits[role] for role in SCORED if role in splits}
    labelled = [split for split in training.values() if split.kind != "names"]
    chosen = choose_classes(labelled, scored.values(), classes)
    check_slugs(chosen)
    check_shared_names(training.values(), scored.values())
    kept = {role: keep_classes(split, chosen) for role, split in splits.items()}
    ready: dict[str, Split] = {}
    for role, split in kept.items():
        if role == "report_on" and roles.report_on == roles.select_on:
            ready[role] = ready["select_on"]
            continue
        ready[role], lines = attach_audio(root, split, missing=missing, need_audio=need_audio, cache=cache)
        notes += lines
    if need_audio:
        check_shared_audio([ready[r] for r in training], [ready[r] for r in scored])
        notes += unlisted(root, ready.values())
    if ready.get("report_on") is ready["select_on"]:
        notes.append(
            "select_on and report_on are the same split: what is reported was chosen on, and is too good, "
            "unless cross-fitted (iterate's selection=crossfit)"
        )
    for role in SCORED:
        if role in ready and (absent := sorted(set(chosen) - ready[role].labels)):
            notes.append(f"{ready[role].name}: no event of {', '.join(absent)}")
    return Corpus(
        root=root,
        classes=chosen,
        weak=ready["weak"],
        in_domain=ready.get("in_domain"),
        out_of_domain=ready.get("out_of_domain"),
        strong=ready.get("strong"),
        select=ready["select_on"],
        report=ready.get("report_on"),
        notes=tuple(dict.fromkeys(notes)),
        digest=_digest(chosen, ready),
    )


def check_shared_names(training: Iterable[Split], scored: Iterable[Split]) -> None:
    """Raise UserError where a file name is in both a training and a scored split."""
    scored = tuple(scored)
    for left in training:
        for right in scored:
            names = set(right.names)
            if both := [name for name in left.names if name in names]:
                raise UserError(
                    f"{left.name} and {right.name} share {count(len(both), 'clip')}: {some(both)}",
                    "what is scored must be new to the model: remove them from one of the tables",
                )


def _read_splits(root: Path, roles: Roles) -> tuple[dict[str, Split], list[str]]:
    """({role: split}, notes): the splits that exist and list a clip."""
    splits: dict[str, Split] = {}
    notes: list[str] = []
    for role, name in roles.items():
        if not name:
            continue
        must = role in REQUIRED or roles.must_exist(role)
        table = need_table(root, name, role=role) if must else find_table(root, name)
        if table is None:
            notes.append(f"{role}={name}: there is no such table, so this part is empty")
            continue
        split = read_split(root, name, table, role=role)
        if role == "select_on" and split.clips and not any(split.events.values()):
            raise UserError(
                f"{role}={name}: {table} holds no event, so nothing can be chosen on it", "name another split"
            )
        if split.clips:
            splits[role] = split
        elif must:
            raise UserError(f"{role}={name}: {table} lists no clip", "list clips, or name another split")
        else:
            notes.append(f"{role}={name}: the table lists no clip, so this part is empty")
    return splits, notes


def _digest(classes: tuple[str, ...], splits: dict[str, Split]) -> str:
    parts = {
        role: {
            "split": split.name,
            "table": hashlib.sha256(split.table.read_bytes()).hexdigest(),
            "audio": [[c.name, c.facts.size, c.facts.sha256] for c in split.clips if c.facts is not None],
        }
        for role, split in sorted(splits.items())
    }
    return hashlib.sha256(json.dumps({"classes": classes, "splits": parts}, sort_keys=True).encode()).hexdigest()
