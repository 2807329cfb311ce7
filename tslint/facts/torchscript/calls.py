"""Calls: of operators, compiled functions, methods, modules and the forms with rules of their own."""

from __future__ import annotations

from typing import Any

import libcst as cst

from tslint.facts.torchscript import syntax, tables, types
from tslint.facts.torchscript.compiler import Compiler, Definition
from tslint.facts.torchscript.conditions import given
from tslint.facts.torchscript.forms import special
from tslint.facts.torchscript.modules import call_module
from tslint.facts.torchscript.operators import Positional, arguments, call_operator, call_schema
from tslint.facts.torchscript.schemas import Keywords, convert
from tslint.facts.torchscript.types import Type
from tslint.facts.torchscript.values import (
    OPEN,
    OPEN_VALUE,
    CastS,
    ClassS,
    ExceptionS,
    FunctionS,
    IteratorS,
    LibraryS,
    MethodS,
    ModuleS,
    Open,
    OperatorS,
    PythonS,
    Simple,
    SpecialS,
    Sugared,
    simple,
)

# -- what is no first-class value -------------------------------------------------------------------------------------------


# -- operators ---------------------------------------------------------------------------------------------------------------


# -- calls -------------------------------------------------------------------------------------------------------------------


def call(compiler: Compiler, definition: Definition, node: cst.Call, hint: Type | None) -> Sugared:
    found = compiler.sugared(definition, node.func)
    if type(found) is SpecialS:
        return special(compiler, definition, node, found, hint)
    args, keywords = arguments(compiler, definition, node)
    if args is None:
        return _without_arguments(compiler, node, found)
    return call_value(compiler, node, found, args, keywords)


def _without_arguments(compiler: Compiler, node: cst.Call, found: Sugared) -> Sugared:
    """A call whose arguments a star hides."""
    if type(found) is PythonS or type(found) is ClassS:
        return call_value(compiler, node, found, [], {})
    return OPEN


def call_value(compiler: Compiler, node: cst.Call, found: Sugared, args: Positional, keywords: Keywords) -> Sugared:
    kind = type(found)
    if kind is Open:
        return OPEN
    if kind is OperatorS:
        assert type(found) is OperatorS
        receiver = given(found.receiver) if found.receiver is not None else None
        if found.name == "aten::format" and receiver is not None and type(receiver.literal) is str:
            ignored = syntax.format_ignored(receiver.literal)
            if ignored is not None:
                compiler.refuse(node, "format-ignored", text=ignored)
        return call_operator(compiler, node, found.name, args, keywords, receiver)
    if kind is CastS:
        assert type(found) is CastS
        return cast(compiler, node, found, args, keywords)
    if kind is LibraryS:
        assert type(found) is LibraryS
        return library(compiler, node, found.name, found.library, args, keywords)
    if kind is FunctionS or kind is MethodS:
        return _compiled(compiler, node, found, args, keywords)
    if kind is ModuleS:
        assert type(found) is ModuleS
        return call_module(compiler, node, found.value, args, keywords)
    if kind is IteratorS:
        assert type(found) is IteratorS
        if type(found.iterable) is ModuleS:
            return call_module(compiler, node, found.iterable.value, args, keywords)
        return found.iterable
    if kind is ClassS:
        assert type(found) is ClassS
        return _construct(compiler, node, found, args, keywords)
    if kind is PythonS:
        assert type(found) is PythonS
        if found.what == "type" and args and not keywords and all(one.type.kind == "Tensor" for one, _ in args):
            return simple(types.TENSOR)  # `reversed(x)`: called in Python, as tensors allow
        raise compiler.stop(node, "unsupported-call" if found.reason != "captured-global" else found.reason,
                            name=found.name, type=found.what)  # fmt: skip
    if kind is Simple:
        assert type(found) is Simple
        if found.type is types.UNKNOWN or found.type.kind in ("Class", "Any", "Union"):
            return OPEN
        if found.type is types.OPAQUE:
            raise compiler.stop(node, "call-object")
        raise compiler.stop(node, "not-callable", type=types.written(found.type))
    if kind is ExceptionS:
        return found
    return OPEN


def cast(compiler: Compiler, node: cst.Call, found: CastS, args: Positional, keywords: Keywords) -> Simple:
    if found.receiver is not None:
        return simple(types.TENSOR)
    if len(args) == 1 and not keywords and args[0][0].type is not types.UNKNOWN:
        if types.is_subtype(args[0][0].type, found.type):
            return simple(found.type)
        if args[0][0].type.kind in ("Class", "opaque", "Any", "Union"):
            return simple(found.type)
        if found.type is types.BOOL and args[0][0].type.kind in ("List", "Dict", "str"):
            return simple(found.type)
        call_operator(compiler, node, found.operator, args, keywords, None)
    return simple(found.type)


def library(
    compiler: Compiler, node: cst.Call, name: str, known: tables.Library, args: Positional, keywords: Keywords
) -> Sugared:
    """A function of PyTorch."""
    short = name.rpartition(".")[2]
    if known.kind == "op":
        return call_operator(compiler, node, known.operator, args, keywords, None)
    if known.kind == "fn":
        return call_schema(compiler, node, short, known.schemas, args, keywords)
    if known.kind == "dispatch":
        flag: Any = known.default
        if known.argument in keywords:
            flag = keywords[known.argument][0].literal
        elif known.position < len(args):
            flag = args[known.position][0].literal
        if type(flag) is not bool:
            return OPEN_VALUE
        return library(compiler, node, name, known.branches[0 if flag else 1], args, keywords)
    if known.kind == "refused":
        raise compiler.stop(node, "unsupported-call", name=name, type="function")
    return OPEN


def _compiled(compiler: Compiler, node: cst.Call, found: Sugared, args: Positional, keywords: Keywords) -> Sugared:
    assert isinstance(found, (FunctionS, MethodS))
    target = found.node
    compiled = compiler.method(found.owner, target) if type(found) is MethodS else compiler.function(target)
    if compiled.busy and compiled.schema is None:
        raise compiler.stop(node, "recursive", name=target.name.value)
    if compiled.schema is None:
        return OPEN
    return call_schema(compiler, node, target.name.value, (compiled.schema,), args, keywords)


def _construct(compiler: Compiler, node: cst.Call, found: ClassS, args: Positional, keywords: Keywords) -> Sugared:
    if found.is_module:
        raise compiler.stop(node, "constructs-module", name=found.name.rpartition(".")[2])
    if found.node is None:
        if found.name == "torch.Size":
            return OPEN_VALUE
        raise compiler.stop(node, "no-constructor", name=found.name.rpartition(".")[2])
    return OPEN


# -- special forms -------------------------------------------------------------------------------------------------------------


# -- raise and with ------------------------------------------------------------------------------------------------------------


def raised(compiler: Compiler, definition: Definition, node: cst.BaseExpression) -> None:
    """``raise X(…)``: the message has to be a value."""
    if type(node) is cst.Call:
        callee = compiler.sugared(definition, node.func)
        if type(callee) in (ExceptionS, Open, ClassS):
            arguments(compiler, definition, node)
            return
    else:
        callee = compiler.sugared(definition, node)
        if type(callee) in (ExceptionS, Open, ClassS):
            return
    raise compiler.stop(node, "raise")


def entered(compiler: Compiler, definition: Definition, item: cst.WithItem) -> None:
    """A context manager. PyTorch's own that switch gradients off are known; of others nothing is."""
    node = item.item
    func = node.func if type(node) is cst.Call else node
    qualified = compiler.names.qualified(func) if type(func) in (cst.Name, cst.Attribute) else None
    if qualified == "torch.set_grad_enabled":
        raise compiler.stop(node, "unsupported-call", name=qualified, type="type")
    if type(node) is cst.Call and qualified is None:
        compiler.sugared(definition, node.func)
    if item.asname is not None and type(item.asname.name) is cst.Name:
        definition.scope.names[item.asname.name.value] = OPEN_VALUE


def converted(wanted: Type, value: Simple) -> Type:
    return convert(wanted, value.type, value.empty, True)
