"""Which code a step runs or a package needs: the modules that it imports, however far, and a digest over them."""

import ast
import functools
import shutil
from hashlib import sha256
from pathlib import Path

from kd.config import PROJECT


@functools.cache
def imported(module: str) -> frozenset[str]:
    """Modules of this package that `module` imports, directly, anywhere in its source; packages by their `__init__`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(_source(module))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            parts = name.split(".")
            if parts[0] == "kd":
                found |= {".".join(parts[: i + 1]) for i in range(len(parts))}
    return frozenset(name for name in found if _path(name) is not None)


@functools.cache
def reached(*modules: str) -> tuple[str, ...]:
    """`modules` and all that they import of this package, however far; sorted."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += imported(name) - found
    return tuple(sorted(found))


@functools.cache
def code_digest(*modules: str) -> str:
    """sha256 over the sources of the modules that these have `reached`."""
    digest = sha256()
    for name in reached(*modules):
        digest.update(f"{name}\n{_source(name)}\n".encode())
    return digest.hexdigest()


def copy_code(folder: Path, *modules: str) -> Path:
    """Write the sources that these modules have `reached` below a folder, as a package of this name; returns it."""
    for name in reached(*modules):
        path = _path(name)
        if path is not None:
            target = folder / path.relative_to(PROJECT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return folder / "kd"


def _path(module: str) -> Path | None:
    base = PROJECT.joinpath(*module.split("."))
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def _source(module: str) -> str:
    path = _path(module)
    if path is None:
        raise ModuleNotFoundError(module)
    return path.read_text(encoding="utf-8")
