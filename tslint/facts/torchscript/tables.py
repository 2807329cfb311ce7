"""The tables of what TorchScript knows: operators, functions, layers, properties of tensors. Read once, when first asked.

``tests/tables/make.py`` writes them from the installed PyTorch.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import NamedTuple

from tslint.facts.torchscript import types
from tslint.facts.torchscript.schemas import Schema, read, read_type
from tslint.facts.torchscript.types import Type

FOLDER = Path(__file__).parent.parent / "tables"

COMPOSED = {
    "aten::_pair": "(int[2] a) -> int[]", "aten::_single": "(int[1] a) -> int[]", "aten::_triple": "(int[3] a) -> int[]",
    "aten::_quadruple": "(int[4] a) -> int[]", "aten::list_with_default": "(int[] out_size, int[] defaults) -> int[]",
    "aten::_assert": "(bool a, str b) -> None | (Tensor a, str b) -> None", "aten::ndim": "(Tensor self) -> int",
    "aten::broadcast_shapes": "(...) -> int[]", "aten::_infer_size": "(int[] a, int[] b) -> int[]",
    "prim::shape": "(Tensor self) -> int[]",
}  # fmt: skip
"""What TorchScript composes of other operators by itself; its registry does not list these."""
SCALARS = ("mul", "add", "ne", "eq", "sub", "div", "lt", "gt", "ge", "le", "pow", "remainder", "floordiv", "fmod")
"""Operators that also take a number first and a tensor second."""


def _lines(name: str) -> list[str]:
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


@functools.cache
def version() -> str:
    """The PyTorch that the tables were made on."""
    return (FOLDER / "operators.txt").read_text(encoding="utf-8").partition("\n")[0].removeprefix("# torch ")


@functools.cache
def _operators() -> dict[str, str]:
    return dict(line.split("\t", 1) for line in _lines("operators"))


@functools.cache
def operator(name: str) -> tuple[Schema, ...]:
    """The overloads of ``aten::name``; none where there is no such operator."""
    text = _operators().get(name, "")
    found = [read(part) for part in text.split(" | ")] if text else []
    if name in COMPOSED:
        found += [read(part) for part in COMPOSED[name].split(" | ")]
    space, _, short = name.partition("::")
    if space == "aten" and short in SCALARS and found:
        found.append(read("(Scalar a, Tensor b) -> Tensor"))
        if short == "floordiv":
            found += [read("(Tensor a, Scalar b) -> Tensor"), read("(Tensor a, Tensor b) -> Tensor")]
    return tuple(found)


class Library(NamedTuple):
    """What a library's function is to TorchScript.

    ``kind`` is op (``operator``), fn (compiled: ``schemas``), dispatch (by the constant flag ``argument`` at ``position``: to
    ``true`` or ``false``), refused (``why``) or builtin.
    """

    kind: str
    operator: str = ""
    schemas: tuple[Schema, ...] = ()
    why: str = ""
    argument: str = ""
    position: int = 0
    default: bool = False
    branches: tuple[Library, ...] = ()


@functools.cache
def _functions() -> dict[str, str]:
    return dict(line.split("\t", 1) for line in _lines("functions"))


@functools.cache
def function(name: str) -> Library | None:
    """The function of this qualified name; None where the tables do not know it."""
    text = _functions().get(name)
    return None if text is None else _library(text)


def _library(text: str) -> Library:
    kind, _, rest = text.partition(" ")
    if kind == "op":
        return Library("op", rest)
    if kind == "fn":
        return Library("fn", schemas=tuple(read(part) for part in rest.split(" | ")))
    if kind == "dispatch":
        head, one, two = rest.split("\t")
        argument, index, default = head.split(" ")
        branches = (_library(one), _library(two))
        return Library("dispatch", "", (), "", argument, int(index), default == "True", branches)
    return Library(kind, why=rest)


class LayerTable(NamedTuple):
    """A layer of ``torch.nn``: its forwards (none where it cannot be scripted, with ``why``), its attributes, and the
    parameters of its constructor that must be floats."""

    forwards: tuple[Schema, ...]
    why: str
    attributes: dict[str, str]
    floats: tuple[str, ...]


@functools.cache
def _layers() -> dict[str, str]:
    return dict(line.split("\t", 1) for line in _lines("layers"))


@functools.cache
def layer(name: str) -> LayerTable | None:
    """The layer ``torch.nn.NAME``; None where the tables do not know it."""
    text = _layers().get(name)
    if text is None:
        return None
    first, attributes, floats = text.split("\t")
    kind, _, rest = first.partition(" ")
    forwards = tuple(read(part) for part in rest.split(" | ")) if kind == "fn" else ()
    found = dict(part.split(":", 1) for part in attributes.split(";") if part)
    return LayerTable(forwards, "" if forwards else rest, found, tuple(floats.split()))


def layer_attribute(text: str) -> tuple[Type, object]:
    """The type of an attribute as a table has it, and its value where it is a constant (else ``...``)."""
    if text.startswith("="):
        import ast

        value = ast.literal_eval(text[1:])
        return types.NONE if value is None else types.SIMPLE.get(type(value).__name__, types.UNKNOWN), value
    return types.UNKNOWN if text in ("module", "") else read_type(text), ...


@functools.cache
def properties() -> dict[str, str]:
    """Attribute of a tensor → its type, or ``refused``."""
    return dict(line.split("\t", 1) for line in _lines("properties"))
