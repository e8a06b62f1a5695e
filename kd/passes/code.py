"""Which code a step runs: a digest over the modules it imports."""

import ast
import functools
from hashlib import sha256

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
def code_digest(*modules: str) -> str:
    """sha256 over the sources of `modules` and of all that they import of this package, however far."""
    reached: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += imported(name) - reached
    digest = sha256()
    for name in sorted(reached):
        digest.update(f"{name}\n{_source(name)}\n".encode())
    return digest.hexdigest()


def _path(module: str) -> str | None:
    base = PROJECT.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return str(path)
    return None


def _source(module: str) -> str:
    path = _path(module)
    if path is None:
        raise ModuleNotFoundError(module)
    with open(path, encoding="utf-8") as file:
        return file.read()
