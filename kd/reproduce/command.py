"""`reproduce`: what is missing is run, then the tables are made of all that is there."""

from dataclasses import replace
from pathlib import Path

from kd.config import say, user_path
from kd.corpus.corpus import Corpus
from kd.errors import UserError
from kd.files import atomic_write_text, check_writable
from kd.passes.inputs import open_corpus
from kd.passes.plan import resolve_steps
from kd.passes.settings import IterateSettings
from kd.progress import Progress
from kd.reproduce.runs import present, run
from kd.reproduce.settings import ReproduceSettings
from kd.reproduce.tables import tables
from kd.reproduce.tasks import tables_of, tasks


def reproduce(settings: ReproduceSettings) -> int:
    """Run every system and seed whose result is not there yet, one after the other; returns the exit code."""
    out = user_path(settings.out, "out")
    if out.exists() and not out.is_dir():
        raise UserError(f"out={out} is a file", "name a folder")
    out.mkdir(parents=True, exist_ok=True)
    check_writable(out / "tables.json")
    corpora = {
        table: open_corpus(
            replace(settings, strong=settings.strong if table == "strong" else ""), Progress(passes=0, batch=1)
        )
        for table in tables_of(settings)
    }
    todo = tasks(settings, steps=steps_of(settings, next(iter(corpora.values()))))
    for number, task in enumerate(todo, 1):
        digest = corpora[task.table].digest
        if present(task, settings, corpus=digest):
            say(f"{number}/{len(todo)} {task.name}: kept")
            continue
        say(f"{number}/{len(todo)} {task.name}: {', '.join(f'{key}={value}' for key, value in task.given.items())}")
        run(task, settings, corpus=digest)
    made = tables(out, corpora)
    atomic_write_text(Path(out) / "tables.md", made)
    say(made)
    say(f"written: {out / 'tables.md'}, {out / 'tables.json'}")
    return 0


def steps_of(settings: ReproduceSettings, corpus: Corpus) -> int:
    """Training steps of each network of our job, without the strongly labelled split."""
    clips = sum(len(split.clips) for split in corpus.training() if split is not corpus.strong)
    return resolve_steps(IterateSettings(steps=settings.steps), clips=clips, batch=1)
