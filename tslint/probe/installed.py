"""What is installed, and what of it does not work together. As a script it prints that as JSON.

Imports nothing but the standard library, none of the packages that it speaks of, and nothing of tslint: ``tslint doctor``
runs it by the interpreter that models are run with, whatever is or is not there. Versions are read from the packages'
metadata, what they are built for from their ``version.py``, what coremltools was tested with from its ``_deps``.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.metadata
import importlib.util
import json
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("torch", "coremltools", "numpy", "torchvision", "transformers", "timm")

_OPERATORS = {
    "<=": lambda ours, theirs: ours <= theirs,
    ">=": lambda ours, theirs: ours >= theirs,
    "==": lambda ours, theirs: ours == theirs,
    "!=": lambda ours, theirs: ours != theirs,
    "<": lambda ours, theirs: ours < theirs,
    ">": lambda ours, theirs: ours > theirs,
}
_BUILT_AGAINST = ("torchvision", "torchaudio")
"""Packages with code that is compiled for one version of PyTorch, which their metadata pins."""

CPU_WHEELS = "https://download.pytorch.org/whl/cpu"


@dataclass(frozen=True)
class Pair:
    """A row of the table: what is wrong, the versions it takes (package → ``>=2.4,<3``), a phrase it raises, a pin that works."""

    problem: str
    packages: dict[str, str]
    phrase: str
    remedy: str


@dataclass(frozen=True)
class Problem:
    """What is wrong with the installed versions, in a clause, and a command that sets it right.

    ``known``: it is known to fail; else nobody has tried it.
    """

    problem: str
    remedy: str
    known: bool = True


@functools.lru_cache(maxsize=1)
def pairs() -> tuple[Pair, ...]:
    """The rows of ``installed.json``."""
    data = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return tuple(Pair(**row) for row in data["pairs"])


def versions() -> dict[str, str | None]:
    """The version of each of `PACKAGES`; None for one that is not installed."""
    return {name: version(name) for name in PACKAGES}


def version(name: str) -> str | None:
    """What the metadata of a package says; None where it is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def applies(pair: Pair) -> bool:
    """Whether every package of PAIR is installed in a version that it names."""
    found = {name: version(name) for name in pair.packages}
    return all(have is not None and matches(have, pair.packages[name]) for name, have in found.items())


def matches(have: str, wanted: str) -> bool:
    """Whether the version HAVE (``2.4.1``; what follows its numbers is ignored) satisfies all of WANTED (``>=2.4,<3``).

    Raises ValueError for a WANTED that is no specifier.
    """
    for part in wanted.split(","):
        match = re.fullmatch(r"\s*(<=|>=|==|!=|<|>)\s*([\d.]+)\s*", part)
        if not match:
            raise ValueError(f"not a version specifier: {part!r}")
        width = max(len(_numbers(have)), len(_numbers(match.group(2))))
        ours, theirs = (numbers + (0,) * (width - len(numbers)) for numbers in map(_numbers, (have, match.group(2))))
        if not _OPERATORS[match.group(1)](ours, theirs):
            return False
    return True


def _numbers(text: str) -> tuple[int, ...]:
    match = re.match(r"\d+(\.\d+)*", text)
    return tuple(int(part) for part in match.group().split(".")) if match else ()


# -- what does not work together --------------------------------------------------------------------------------------


def problems() -> list[Problem]:
    """Everything that is known to be wrong, then what is not there or nobody has tried."""
    if version("torch") is None:
        return [Problem("torch is not installed, so no model can be run", "pip install 'tslint[coreml]'")]
    found = [Problem(pair.problem, pair.remedy) for pair in pairs() if applies(pair)]
    for name in _BUILT_AGAINST:
        found += _built_against(name)
    return [*found, *_untested()]


def _built_against(name: str) -> list[Problem]:
    """Whether what is compiled in package NAME fits the installed PyTorch: its version, and whether both are for the CPU.

    Shown with torchvision 0.28, built for CUDA, beside torch 2.13 for the CPU: its import asks for an operator that is not there.
    """
    have, torch = version(name), version("torch")
    if have is None or torch is None:
        return []
    wanted = _pinned(name, "torch")
    if wanted is not None and _numbers(wanted) != _numbers(torch):
        return [
            Problem(
                f"{name} {have} is built for torch {wanted}, and torch {torch} is installed",
                f'pip install "torch=={wanted}"',
            )
        ]
    theirs, ours = _built_for(name), _built_for("torch")
    if name == "torchvision" and theirs.startswith("cu") and ours == "cpu":
        number = have.partition("+")[0]
        reinstall = f'pip install --force-reinstall --no-deps "{name}=={number}" --index-url {CPU_WHEELS}'
        return [Problem(f"{name} {number} is built for CUDA, torch for the CPU: importing {name} fails", reinstall)]
    return []


def _pinned(name: str, other: str) -> str | None:
    """The one version of package OTHER that NAME's metadata asks for."""
    for text in importlib.metadata.requires(name) or ():
        match = re.match(rf"{other}\s*\(?==\s*([\d.]+)\)?\s*(;.*)?$", text)
        if match and not match.group(2):
            return match.group(1)
    return None


def _built_for(name: str) -> str:
    """``cpu``, ``cu130``, or nothing where the package does not say: what stands behind the ``+`` of its version."""
    text = _text(name, "version.py")
    match = re.search(r"^__version__\s*(?::[^=]*)?=\s*['\"][^'\"+]*\+(\w+)", text, re.MULTILINE)
    return match.group(1) if match else ""


def _untested() -> list[Problem]:
    """Whether there is a coremltools, and was tested with a PyTorch as new as the installed one."""
    have, torch = version("coremltools"), version("torch")
    if have is None:
        return [Problem("coremltools is not installed, so nothing is converted", "pip install 'tslint[coreml]'", False)]
    match = re.search(
        r"^_TORCH_MAX_VERSION\s*=\s*['\"]([\d.]+)", _text("coremltools", "_deps/__init__.py"), re.MULTILINE
    )
    if torch is None or match is None or _numbers(torch)[:2] <= _numbers(match.group(1))[:2]:
        return []
    newest = _numbers(match.group(1))
    what = f"coremltools {have} was tested with torch up to {match.group(1)}, and torch {torch} is installed"
    return [Problem(what, f'pip install "torch<{newest[0]}.{newest[1] + 1}"', known=False)]


def _text(name: str, file: str) -> str:
    """A file of an installed package, which is not imported; empty where there is none."""
    try:
        spec = importlib.util.find_spec(name)
        origin = None if spec is None else spec.origin
        return "" if origin is None else (Path(origin).parent / file).read_text(encoding="utf-8")
    except (OSError, ValueError, ImportError):
        return ""


def main() -> None:
    found = [dataclasses.asdict(problem) for problem in problems()]
    print(json.dumps({"python": platform.python_version(), "versions": versions(), "problems": found}))


if __name__ == "__main__":
    if sys.path and Path(sys.path[0]) == Path(__file__).parent:
        del sys.path[0]  # of the packages that are asked for, none is looked for beside this file
    main()
