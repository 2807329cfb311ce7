"""Calling programs and holding their answers against eager's: without gradients, without warnings, seeded alike."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import torch

from tslint.probe import values
from tslint.probe.subject import Inputs, Subject


def call(module: Any, inputs: Inputs, made_from: torch.nn.Module | None = None) -> Any:
    """One call on copies of INPUTS, from the state of the module that a program was MADE_FROM. Raises what it raises."""
    with torch.no_grad(), quiet():
        return values.answer(module, inputs, made_from)


def few(subject: Subject) -> tuple[Inputs, ...]:
    """The inputs that a whole program is held against eager on: the example, and the first few that differ from it."""
    return (subject.example, *subject.others[:5])


def copied(value: Any) -> Any:
    """VALUE with its tensors detached and copied."""
    return values.map_tensors(lambda tensor: tensor.detach().clone(), value)


def same(expected: Any, actual: Any) -> bool:
    """Whether two answers agree within the tolerance of the whole project."""
    return values.difference(plain(expected), plain(actual))[0]


def plain(value: Any) -> Any:
    """VALUE with every `torch.Size` as a list: scripted code answers with lists of numbers."""
    if isinstance(value, torch.Size):
        return list(value)
    if type(value) in (tuple, list):
        return type(value)(plain(item) for item in value)
    return {key: plain(item) for key, item in value.items()} if type(value) is dict else value


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No warnings: those that matter are taken by the recorder, and torch's notices about its own future are not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def first_line(error: BaseException | str) -> str:
    """The first line with words in it, shortened to 300 characters; the type's name where there is none."""
    text = str(error)
    line = next((line.strip() for line in text.splitlines() if line.strip(" :")), "")
    return (line if len(line) <= 300 else line[:299] + "…") or type(error).__name__
