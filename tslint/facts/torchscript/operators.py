"""Calls of operators and of compiled code: which overload takes these arguments, and why none does."""

from __future__ import annotations

import libcst as cst

from tslint.facts.torchscript import tables, types
from tslint.facts.torchscript.compiler import Compiler, Definition, Stop
from tslint.facts.torchscript.conditions import given
from tslint.facts.torchscript.first_class import as_tuple, as_value_or_simple
from tslint.facts.torchscript.schemas import Given, Keywords, Match, Mismatch, Schema, match
from tslint.facts.torchscript.types import Type
from tslint.facts.torchscript.values import (
    OPEN_VALUE,
    Simple,
)

Positional = list[tuple[Given, object]]


def call_operator(
    compiler: Compiler, node: cst.CSTNode, name: str, args: Positional, keywords: Keywords, receiver: Given | None
) -> Simple:
    """The value of an operator. Raises Stop where no overload fits."""
    schemas = tables.operator(name)
    if not schemas:
        raise compiler.stop(node, "unknown-operator", operator=name)
    unknown = [one for one, _ in args if one.type is types.UNKNOWN] or any(
        one.type is types.UNKNOWN for one, _ in keywords.values()
    )
    if receiver is not None and receiver.type is types.UNKNOWN:
        return OPEN_VALUE
    found = match(schemas, args, keywords, receiver)
    if isinstance(found, Match):
        if unknown and len(schemas) > 1:
            return Simple(_common_return(schemas, args, keywords, receiver))
        return Simple(found.returns)
    _mismatched(compiler, node, name.partition("::")[2], found, len(schemas), args, keywords, receiver)
    raise Stop


def _common_return(schemas: tuple[Schema, ...], args: Positional, keywords: Keywords, receiver: Given | None) -> Type:
    """With an argument unknown several overloads may fit: what they all return, else UNKNOWN."""
    returns: set[Type] = set()
    for schema in schemas:
        found = match([schema], args, keywords, receiver)
        if isinstance(found, Match):
            returns.add(types.TENSOR if found.returns is types.INFERRED else found.returns)
    return returns.pop() if len(returns) == 1 else types.UNKNOWN


def _mismatched(
    compiler: Compiler, node: cst.CSTNode, name: str, why: Mismatch, overloads: int, args: Positional, keywords: Keywords,
    receiver: Given | None,
) -> None:  # fmt: skip
    place = why.place if isinstance(why.place, cst.CSTNode) else node
    if _of_untyped(compiler, name, why, args, receiver):
        return
    if overloads > 1:
        every = [one for one, _ in args] + [one for one, _ in keywords.values()]
        shown = ([types.written(receiver.type)] if receiver is not None else []) + [
            types.written(g.type) for g in every
        ]
        inferred = "yes" if any(g.type is types.INFERRED for g in every) else ""
        compiler.refuse(node, "overload", function=name, found=", ".join(shown), inferred=inferred,
                        none="yes" if any(g.type is types.NONE or g.type.kind == "Optional" for g in every) else "")  # fmt: skip
    elif why.wanted is not None and why.found is not None:
        compiler.refuse(
            place,
            "argument",
            function=name,
            argument=why.argument,
            wanted=types.written(why.wanted),
            found=types.written(why.found),
        )
    else:
        compiler.refuse(place, "call", function=name, why=why.why)


def _of_untyped(compiler: Compiler, name: str, why: Mismatch, args: Positional, receiver: Given | None) -> bool:
    """Whether it is an empty list or dict without a type that is to blame."""
    held = receiver if receiver is not None else args[0][0] if args else None
    put = args[-1][0].type if args else types.UNKNOWN
    if held is not None and held.made is not None and put is not types.UNKNOWN:
        if name in ("append", "insert"):
            return compiler.refuse_untyped(held.made, types.list_of(types.TENSOR if put is types.INFERRED else put))
        if name in ("extend", "add_") and put.kind == "List":
            return compiler.refuse_untyped(held.made, put)
    if why.wanted is None:
        return False
    given = next((one for one, place in args if place is why.place and one.made is not None), None)
    return given is not None and compiler.refuse_untyped(given.made, why.wanted)


def _undefined(schema: Schema, args: Positional, keywords: Keywords) -> str | None:
    """The parameter, a tensor by its type, for which a call leaves the default None: no value can be made of it."""
    for index, formal in enumerate(schema.arguments):
        given = formal.name in keywords or (index < len(args) and not formal.keyword_only)
        if formal.text == "None" and formal.type.kind == "Tensor" and not given:
            return formal.name
    return None


def call_schema(
    compiler: Compiler, node: cst.CSTNode, name: str, schemas: tuple[Schema, ...], args: Positional, keywords: Keywords
) -> Simple:
    """The value of compiled code. Raises Stop where the arguments do not fit."""
    found = match(schemas, args, keywords)
    if isinstance(found, Match):
        undefined = _undefined(found.schema, args, keywords)
        if undefined is not None:
            compiler.refuse(node, "none-default", function=name, parameter=undefined)
            return Simple(types.UNKNOWN)  # what it returns was found out for a tensor there
        if len(schemas) > 1 and any(one.type is types.UNKNOWN for one, _ in args):
            return Simple(_common_return(schemas, args, keywords, None))
        return Simple(found.returns)
    _mismatched(compiler, node, name, found, len(schemas), args, keywords, None)
    raise Stop


def arguments(compiler: Compiler, definition: Definition, node: cst.Call) -> tuple[Positional | None, Keywords]:
    """The values of the arguments; None where a star hides some. Raises Stop where one is no value."""
    args: Positional = []
    keywords: Keywords = {}
    hidden = False
    for arg in node.args:
        if arg.star == "*":
            items = as_tuple(compiler, arg.value, compiler.sugared(definition, arg.value), None)
            if items is None:
                hidden = True
                continue
            args += [(given(as_value_or_simple(compiler, arg.value, item)), arg.value) for item in items]
            continue
        value = compiler.value(definition, arg.value)
        if arg.keyword is not None:
            keywords[arg.keyword.value] = (given(value), arg.value)
        else:
            args.append((given(value), arg.value))
    return (None if hidden else args), keywords
