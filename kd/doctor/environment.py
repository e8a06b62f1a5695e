"""The environment: Python, packages against what the project asks for, the machine."""

import os
import platform
import shutil
import sys
import tomllib
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from kd.config import PROJECT, home
from kd.doctor.finding import Finding
from kd.temporary import temporary_folder

PYTHON = SpecifierSet(">=3.11,<3.14")
LITTLE, TOO_LITTLE = 5.0, 0.5  # GB of free disk
INSTALL = "make install sets the environment up, or: pip install ."


def environment() -> Iterator[Finding]:
    """Every check of this file."""
    yield python(platform.python_version())
    yield packages(required(PROJECT / "pyproject.toml"))
    yield machine()
    for name, place in (("KD_HOME", home()), ("temporary folder", temporary_folder())):
        yield space(name, place)


def python(found: str) -> Finding:
    """Whether this Python is one the project runs on."""
    fits = PYTHON.contains(found, prereleases=True)
    says = f"{found}, {sys.prefix}"
    return Finding("Python", "ok" if fits else "fault", says, "" if fits else "use Python 3.11 to 3.13")


def required(pyproject: Path) -> list[Requirement]:
    """What the project asks for, from its checkout, else from its installed package."""
    if pyproject.is_file():
        words = tomllib.loads(pyproject.read_text("utf-8"))["project"]["dependencies"]
    else:
        words = [each for each in requires("kd-sed") or [] if "extra ==" not in each]
    return [Requirement(each) for each in words]


def packages(wanted: Sequence[Requirement]) -> Finding:
    """Whether every package is there, in a version that is asked for."""
    wrong = []
    for each in wanted:
        try:
            found = version(each.name)
        except PackageNotFoundError:
            wrong.append(f"{each.name} is absent")
            continue
        if not each.specifier.contains(found.partition("+")[0], prereleases=True):
            wrong.append(f"{each.name} is {found}, not {each.specifier}")
    if wrong:
        return Finding("packages", "fault", "; ".join(wrong), INSTALL)
    return Finding("packages", "ok", f"all {len(wanted)} as asked for")


def machine() -> Finding:
    """Cores, memory, and what will compute in which arithmetic."""
    from kd.engines.local import cores
    from kd.training.precision import bfloat16_hardware, device, fastest

    where = device()
    says = f"{cores()} cores, {memory()}computes on {where}"
    if where.type == "cuda":
        import torch

        says += f" ({torch.cuda.get_device_name(where)})"
    hardware = bfloat16_hardware()
    says += f" in {fastest()}" + (f" ({hardware})" if hardware and where.type == "cpu" else "")
    return Finding("machine", "ok", says)


def memory() -> str:
    """`23 GB of memory, `; empty where the system does not say."""
    try:
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return ""
    return f"{whole / 2**30:.0f} GB of memory, "


def space(name: str, place: Path) -> Finding:
    """Room on the disk of a folder, and whether it can be written."""
    there = existing(place)
    if not there.is_dir():
        return Finding(name, "fault", f"{there} is no folder", "name another place")
    if not os.access(there, os.W_OK):
        return Finding(name, "fault", f"{place} cannot be written", "check owner and rights, or name another place")
    free = shutil.disk_usage(there).free / 1e9
    says = f"{place}, {free:.1f} GB free"
    if free < TOO_LITTLE:
        return Finding(name, "fault", says, "free some space")
    return Finding(name, "warning" if free < LITTLE else "ok", says, "free some space" if free < LITTLE else "")


def existing(place: Path) -> Path:
    """A place, or the nearest one above it that is there."""
    while not place.exists() and place != place.parent:
        place = place.parent
    return place
