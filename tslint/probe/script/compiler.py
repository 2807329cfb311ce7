"""The TorchScript compiler and what it says: compiling one module at a time, and reading the errors.

Relies on ``torch.jit._recursive.concrete_type_store`` (private; tried with torch 2.13).
"""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from tslint.diagnostic import Place
from tslint.probe.sites import class_above, class_place, is_user, locate, scripted_frames, source_files

STAND_IN = "TslintStandIn"

_RAISED = "raise Exception('')"
"""What a stand-in does when it is called: the compiler itself calls one behind a property that it takes over."""

_EMPTY_WORDS = ("Arguments for call are not valid.", "The following variants are available:", "The original call is:")
_SCHEMA = re.compile(r"^[\w:.]+\(.*\) -> .*:$")


@dataclass(frozen=True)
class Refusal:
    """What the compiler said, the user's line it concerns, and the calls that led there."""

    message: str
    place: Place | None
    chain: tuple[Place, ...]
    consequence: bool
    """Something else that does not compile is to blame: it has been reported, or a stand-in for it lacks what is asked."""


def script(module: torch.nn.Module) -> Any:
    """``torch.jit.script``, with no warnings. Raises what the compiler raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.script(module)


@contextlib.contextmanager
def fresh_types() -> Iterator[None]:
    """An empty store of compiled types, and the old one again afterwards: a failed attempt leaves half a type behind."""
    recursive: Any = torch.jit._recursive
    before = recursive.concrete_type_store
    recursive.concrete_type_store = recursive.ConcreteTypeStore()
    try:
        yield
    finally:
        recursive.concrete_type_store = before


def forget_types() -> None:
    """Empties the store within :func:`fresh_types`."""
    recursive: Any = torch.jit._recursive
    recursive.concrete_type_store = recursive.ConcreteTypeStore()


def refusal(error: BaseException, root: torch.nn.Module, path: str, roots: Sequence[str]) -> Refusal:
    """Reads an error of the compiler about ROOT's submodule PATH: the words, ``File "…", line N`` with marks, the calls."""
    text = str(error)
    module = root.get_submodule(path)
    stack = scripted_frames(text, source_files(module))
    place, _ = locate(stack, roots)
    if place is None:
        own = class_place(module)
        above = class_above(root, path, roots)
        place = own if own is not None and (above is None or is_user(own.path, roots)) else above
    chain = tuple(frame.place for frame in stack if frame.place != place)
    ran_into = isinstance(error, torch.jit.Error) and _RAISED in text
    return Refusal(message(error), place, chain, STAND_IN in text or ran_into)


def message(error: BaseException) -> str:
    """The first line that says what is wrong, in the compiler's words: no variants, no empty introductions."""
    head = re.split(r'^ *File "', str(error), maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line.strip() for line in head.splitlines()]
    telling = [line for line in lines if line.strip(": ") and line not in _EMPTY_WORDS and not _SCHEMA.match(line)]
    spoken = telling[0].rstrip(": ") if telling else ""
    # An error in the variant that a call comes nearest to is worth more than the first variant's complaint about `self`.
    nearer = [line for line in telling if line.startswith(("Expected a value", "Could not match"))]
    for line in nearer:
        if "argument 'self'" not in line:
            spoken = line.rstrip(": ")
            break
    spoken = re.sub(r" ?\(of Python compilation unit at: 0x[0-9a-f]+\)", "", spoken)
    spoken = re.sub(r" at 0x[0-9a-f]+", "", spoken)
    if isinstance(error, RuntimeError) or not spoken:
        return spoken or type(error).__name__
    known = ("NotSupportedError", "UnsupportedNodeError", "FrontendError", "FrontendTypeError")
    return spoken if type(error).__name__ in known else f"{type(error).__name__}: {spoken}"
