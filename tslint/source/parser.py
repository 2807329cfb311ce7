"""LibCST's parser, and what makes it a sixth faster where the process is tslint's own.

Relies on how LibCST makes nodes (tried with 1.5, 1.6, 1.8 and 1.9): classes that are frozen dataclasses with slots, whose
``__init__`` sets each field through ``object.__setattr__`` and then calls ``__post_init__`` → ``_validate``. LibCST writes in
``CSTNode.__post_init__`` itself that what its parser makes needs no validation.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import libcst as cst

FREQUENT: tuple[type, ...] = (
    cst.SimpleWhitespace, cst.Name, cst.Newline, cst.TrailingWhitespace, cst.Comma, cst.Arg, cst.Dot, cst.Attribute,
    cst.EmptyLine, cst.SimpleStatementLine, cst.ParenthesizedWhitespace, cst.Integer, cst.AssignEqual, cst.Call, cst.Param,
    cst.Element, cst.SimpleString, cst.LeftParen, cst.RightParen, cst.Assign, cst.AssignTarget, cst.Expr, cst.Comment,
    cst.Float, cst.Annotation, cst.IndentedBlock, cst.LeftSquareBracket, cst.RightSquareBracket, cst.SubscriptElement,
    cst.Index, cst.Tuple, cst.Subscript, cst.Return, cst.ComparisonTarget, cst.Comparison, cst.Parameters, cst.FunctionDef,
    cst.ImportAlias, cst.If, cst.DictElement, cst.BinaryOperation, cst.BooleanOperation, cst.UnaryOperation, cst.List,
)  # fmt: skip
"""All but a fiftieth of the nodes of timm's models. The code of an ``__init__`` takes a tenth of a millisecond to make."""

_trusting = False


def parse(data: bytes) -> cst.Module:
    """The tree of a file. Raises ParserSyntaxError, UnicodeError, SyntaxError, LookupError, or a panic of LibCST's Rust."""
    return cst.parse_module(data)


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
