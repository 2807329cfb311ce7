"""LibCST's parser, and what makes it a third faster where the process is tslint's own.

Relies on how LibCST makes nodes (tried with 1.5, 1.6, 1.8 and 1.9): classes that are frozen dataclasses with slots, whose
``__init__`` sets each field through ``object.__setattr__`` and then calls ``__post_init__`` → ``_validate``. LibCST writes in
``CSTNode.__post_init__`` itself that what its parser makes needs no validation. The parser imports the module ``libcst`` for
each node, looks its class up there, and hands it tuples, texts and nodes.
"""

from __future__ import annotations

import dataclasses
import functools
import io
import tokenize
import types
from typing import Any

import libcst as cst
from libcst import native  # type: ignore[attr-defined]

FREQUENT: tuple[type, ...] = (
    cst.Name, cst.Arg, cst.Attribute, cst.Dot, cst.SimpleStatementLine, cst.Integer, cst.Call, cst.Param, cst.Element,
    cst.SimpleString, cst.Assign, cst.AssignTarget, cst.Expr, cst.Comment, cst.Float, cst.Annotation, cst.IndentedBlock,
    cst.SubscriptElement, cst.Index, cst.Tuple, cst.Subscript, cst.Return, cst.ComparisonTarget, cst.Comparison,
    cst.Parameters, cst.FunctionDef, cst.ImportAlias, cst.If, cst.DictElement, cst.BinaryOperation, cst.BooleanOperation,
    cst.UnaryOperation, cst.List,
)  # fmt: skip
"""With `ALIKE`, all but a fiftieth of the nodes of timm's models. The code of an ``__init__`` takes a tenth of a
millisecond to make."""

ALIKE: tuple[type, ...] = (
    cst.SimpleWhitespace, cst.Newline, cst.TrailingWhitespace, cst.Comma, cst.AssignEqual, cst.EmptyLine,
    cst.ParenthesizedWhitespace, cst.LeftParen, cst.RightParen, cst.LeftSquareBracket, cst.RightSquareBracket,
)  # fmt: skip
"""Two thirds of all nodes, of which a file has a few dozen that differ: each is made once, and stands in all its places.

Nothing asks where one of them stands: comments, which are asked for, are none of them, nor are the dots of a relative import.
"""
_trusting = False
_shared: dict[type, Any] = {}


def parse(data: bytes) -> cst.Module:
    """The tree of a file. Raises ParserSyntaxError, UnicodeError, SyntaxError, LookupError, or a panic of LibCST's Rust.

    Where the parser is trusted, one file at a time: the module ``libcst`` is another until it ends.
    """
    if not _trusting:
        return cst.parse_module(data)
    for kind, shared in _shared.items():
        setattr(cst, kind.__name__, shared)
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        module: cst.Module = _without_imports(data.decode(encoding), encoding)
        return module
    finally:
        for kind, shared in _shared.items():
            setattr(cst, kind.__name__, kind)
            shared.cache_clear()


def _native_parse(text: str, encoding: str) -> Any:
    return parse_module(text, encoding=encoding)  # type: ignore[name-defined]  # noqa: F821


_without_imports = types.FunctionType(
    _native_parse.__code__,
    {"parse_module": native.parse_module, "__builtins__": {"__import__": "".format}},
)
"""LibCST's parser, called where an import does nothing, in C: ``PyImport_Import`` asks for ``__import__`` in the
``__builtins__`` of the calling function, throws away what that returns, and takes the module from ``sys.modules``."""


def trust_the_parser() -> None:
    """From here on, nodes are made without validation, and can be changed: for processes in which nobody else uses LibCST."""
    global _trusting
    if _trusting:
        return
    _trusting = True
    todo: list[type] = [cst.CSTNode]
    while todo:
        kind = todo.pop()
        todo += kind.__subclasses__()
        kind.__class__ = Plain
        if "_validate" in kind.__dict__:
            kind._validate = _accept  # type: ignore[attr-defined]
    for kind in filter(_only_sets_fields, FREQUENT):
        kind.__setattr__ = object.__setattr__  # type: ignore[assignment, method-assign]
        kind.__init__ = _plain_init(kind)  # type: ignore[misc]
    _shared.update((kind, functools.lru_cache(maxsize=None)(kind)) for kind in ALIKE)


class Plain(type(cst.CSTNode)):  # type: ignore[misc]
    """Nodes are abstract base classes, whose `isinstance` asks for virtual subclasses in Python; no node has any."""

    __instancecheck__ = type.__instancecheck__


def _accept(_: cst.CSTNode) -> None:
    """Finds nothing wrong with a node."""


def _only_sets_fields(kind: type) -> bool:
    """Whether making a node of this type is setting its fields, once it is not validated: else it is left as it is."""
    fields = dataclasses.fields(kind)
    own = kind.__post_init__ is not cst.CSTNode.__post_init__  # type: ignore[attr-defined]
    return not own and all(field.init and not field.kw_only for field in fields)


def _plain_init(kind: type) -> Any:
    """An ``__init__`` with the parameters of the dataclass's own that does nothing but set the fields."""
    given: dict[str, Any] = {"missing": dataclasses.MISSING}
    parameters, lines = [], []
    for field in dataclasses.fields(kind):
        name = field.name
        value = name
        if field.default_factory is not dataclasses.MISSING:
            given[f"make_{name}"] = field.default_factory
            value = f"make_{name}() if {name} is missing else {name}"
            parameters.append(f"{name}=missing")
        elif field.default is not dataclasses.MISSING:
            given[f"default_{name}"] = field.default
            parameters.append(f"{name}=default_{name}")
        else:
            parameters.append(name)
        lines.append(f"    self.{name} = {value}\n")
    exec(f"def __init__(self, {', '.join(parameters)}):\n{''.join(lines)}", given)
    return given["__init__"]
