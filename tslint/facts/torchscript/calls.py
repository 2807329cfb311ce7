"""Calls: of operators, compiled functions, methods, modules and the forms with rules of their own."""

from __future__ import annotations

from typing import Any

import libcst as cst

from tslint.facts.building.expressions import string_of
from tslint.facts.building.values import Built, Layer
from tslint.facts.torchscript import tables, types
from tslint.facts.torchscript.compiler import Compiler, Definition, Stop
from tslint.facts.torchscript.conditions import given, has_attribute, is_instance
from tslint.facts.torchscript.iteration import add_child, container_kind, iterated, members
from tslint.facts.torchscript.lookup import attribute_of
from tslint.facts.torchscript.schemas import MISSING, Given, Keywords, Match, Mismatch, Schema, convert, match
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
    NothingS,
    Open,
    OperatorS,
    PythonModuleS,
    PythonS,
    RangeS,
    Simple,
    SpecialS,
    Sugared,
    TreeS,
    TupleS,
    simple,
)

Positional = list[tuple[Given, object]]


# -- what is no first-class value -------------------------------------------------------------------------------------------


def as_value(compiler: Compiler, node: cst.CSTNode, found: Sugared) -> Simple:
    """FOUND as a first-class value. Raises Stop where it is none."""
    kind = type(found)
    if kind is Open:
        return OPEN_VALUE
    if kind is ModuleS:
        return Simple(types.OPAQUE)
    if kind is TupleS:
        assert type(found) is TupleS
        if not found.exact:
            return OPEN_VALUE
        return Simple(types.tuple_of(as_value_or_simple(compiler, node, item).type for item in found.items))
    if kind is NothingS:
        return Simple(types.NONE)
    if kind is PythonS:
        assert type(found) is PythonS
        raise compiler.stop(node, "python-value" if found.reason == "unsupported-call" else found.reason,
                            name=found.name, type=found.what)  # fmt: skip
    if kind is ClassS:
        assert type(found) is ClassS
        raise compiler.stop(node, "type-as-value", name=found.name)
    if kind in (RangeS, TreeS):
        raise compiler.stop(node, "iterator-as-value", kind=found.kind)
    if kind is PythonModuleS:
        assert type(found) is PythonModuleS
        raise compiler.stop(node, "python-value", name=found.name, type="module")
    if kind is ExceptionS:
        raise compiler.stop(node, "type-as-value", name="exception")
    raise compiler.stop(node, "function-as-value", name=getattr(found, "name", ""))


def as_value_or_simple(compiler: Compiler, node: cst.CSTNode, found: Sugared) -> Simple:
    return found if type(found) is Simple else as_value(compiler, node, found)


def as_tuple(compiler: Compiler, node: cst.CSTNode, found: Sugared, count: int | None) -> list[Sugared] | None:
    """The items that FOUND is unpacked into; COUNT is how many are wanted, where that is known. None: nobody knows."""
    if type(found) is Open:
        return None
    if type(found) is TupleS:
        return list(found.items) if found.exact or count == len(found.items) else None
    if type(found) in (RangeS, TreeS):
        raise compiler.stop(node, "iterator-as-value", kind=found.kind)
    if type(found) is ModuleS:
        if container_kind(found.value) == "list" and count is None:
            items = members(found.value)
            return list(items.items) if items.exact else None
        raise compiler.stop(node, "unpack-module")
    value = as_value_or_simple(compiler, node, found)
    kind = value.type
    if kind is types.UNKNOWN or kind.kind in ("Class", "opaque", "Any", "Union"):
        return None
    if kind.kind == "Tuple":
        return [simple(item) for item in kind.args]
    if kind.kind == "List":
        if count is None:
            raise compiler.stop(node, "unsized-list", type=types.written(kind))
        return [simple(kind.args[0])] * count
    raise compiler.stop(node, "unpack", type=types.written(kind))


# -- operators ---------------------------------------------------------------------------------------------------------------


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


def call_schema(
    compiler: Compiler, node: cst.CSTNode, name: str, schemas: tuple[Schema, ...], args: Positional, keywords: Keywords
) -> Simple:
    """The value of compiled code. Raises Stop where the arguments do not fit."""
    found = match(schemas, args, keywords)
    if isinstance(found, Match):
        if len(schemas) > 1 and any(one.type is types.UNKNOWN for one, _ in args):
            return Simple(_common_return(schemas, args, keywords, None))
        return Simple(found.returns)
    _mismatched(compiler, node, name, found, len(schemas), args, keywords, None)
    raise Stop


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


def call_value(compiler: Compiler, node: cst.Call, found: Sugared, args: Positional, keywords: Keywords) -> Sugared:
    kind = type(found)
    if kind is Open:
        return OPEN
    if kind is OperatorS:
        assert type(found) is OperatorS
        receiver = given(found.receiver) if found.receiver is not None else None
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
        elif known.index < len(args):
            flag = args[known.index][0].literal
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
    if compiled.busy:
        if compiled.schema is None:
            raise compiler.stop(node, "recursive", name=target.name.value)
    if compiled.schema is None:
        return OPEN
    return call_schema(compiler, node, target.name.value, (compiled.schema,), args, keywords)


def call_module(
    compiler: Compiler, node: cst.CSTNode, value: Built | Layer, args: Positional, keywords: Keywords
) -> Sugared:
    """``module(x)``: its forward, or the members of a Sequential one after the other."""
    if type(value) is Built:
        forward = value.cls.forward
        if forward is not None:
            from tslint.facts.torchscript.attributes import is_ignored

            if is_ignored(forward):
                return OPEN
            compiled = compiler.method(value, forward) if _is_shallow(compiler, value) else None
            if compiled is None or compiled.schema is None:
                return OPEN
            return call_schema(compiler, node, "forward", (compiled.schema,), args, keywords)
    layer = value if type(value) is Layer else value.base  # type: ignore[union-attr]
    if layer is None:
        return OPEN
    kind = container_kind(value)
    if kind == "list" and layer.short == "Sequential":
        return _sequence(compiler, node, value, args, keywords)
    if kind is not None:
        raise compiler.stop(node, "no-forward", layer=layer.short)
    if not layer.name.startswith("torch.nn."):
        return OPEN
    table = tables.layer(layer.short)
    if table is None or not table.forwards:
        return OPEN
    found = call_schema(compiler, node, layer.short, table.forwards, args, keywords)
    return OPEN_VALUE if layer.short in VARYING and type(value) is Layer and value.arguments.keywords else found


VARYING = frozenset({"MaxPool1d", "MaxPool2d", "MaxPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d",
                     "FractionalMaxPool2d", "FractionalMaxPool3d"})  # fmt: skip
"""Layers whose results depend on a flag that they are constructed with."""


def _is_shallow(compiler: Compiler, value: Built) -> bool:
    return compiler.depth < 25


def _sequence(
    compiler: Compiler, node: cst.CSTNode, value: Built | Layer, args: Positional, keywords: Keywords
) -> Sugared:
    if len(args) != 1 or keywords:
        if keywords and set(keywords) != {"input"}:
            raise compiler.stop(node, "call", function="Sequential", why="it takes one argument")
        if len(args) > 1:
            raise compiler.stop(node, "call", function="Sequential", why="it takes one argument")
        return OPEN
    actual = args[0][0].type
    if not types.is_subtype(actual, types.TENSOR):
        raise compiler.stop(
            node, "argument", function="Sequential", argument="input", wanted="Tensor", found=types.written(actual)
        )
    from tslint.facts.torchscript.attributes import sugared_of

    current: Sugared = simple(types.TENSOR)
    for member in value.members.values():
        one = sugared_of(member)
        if type(one) is not ModuleS:
            return OPEN
        if type(current) is not Simple:
            return OPEN
        before = len(compiler.refusals)
        try:
            current = call_module(compiler, node, one.value, [(given(current), node)], {})
        except Stop:
            # It is the container that passes the value on: said once, where the container is called.
            del compiler.refusals[before + 1 :]
            raise
    return (
        current
        if value.exact
        else (simple(types.TENSOR) if type(current) is Simple and current.type.kind == "Tensor" else OPEN_VALUE)
    )


def _construct(compiler: Compiler, node: cst.Call, found: ClassS, args: Positional, keywords: Keywords) -> Sugared:
    if found.is_module:
        raise compiler.stop(node, "constructs-module", name=found.name.rpartition(".")[2])
    if found.node is None:
        if found.name == "torch.Size":
            return OPEN_VALUE
        raise compiler.stop(node, "no-constructor", name=found.name.rpartition(".")[2])
    return OPEN


# -- special forms -------------------------------------------------------------------------------------------------------------


def special(compiler: Compiler, definition: Definition, node: cst.Call, found: SpecialS, hint: Type | None) -> Sugared:
    """A form with evaluation rules of its own."""
    form = found.form
    values = [arg.value for arg in node.args]
    if form == "print":
        if any(arg.keyword is not None for arg in node.args):
            raise compiler.stop(node, "call", function="print", why="it takes no keywords")
        arguments(compiler, definition, node)
        return NothingS()
    if form == "super":
        for value in values[:1]:
            compiler.value(definition, value)
        return SpecialS("super object")
    if form == "super object":
        return OPEN
    if form == "legacy":
        arguments(compiler, definition, node)
        return simple(types.TENSOR)
    if form == "tolist":
        if hint is None:
            raise compiler.stop(node, "tolist")
        return Simple(hint)
    if form == "range":
        return _range(compiler, definition, node)
    if form == "enumerate":
        return _enumerate(compiler, definition, node, values)
    if form == "zip":
        tree = TreeS()
        for value in values:
            add_child(compiler, value, tree, iterated(compiler, value, compiler.sugared(definition, value)))
        return tree
    if form == "isinstance" and len(values) == 2:
        answer = is_instance(compiler, definition, values[0], values[1])
        return Simple(types.BOOL, MISSING if answer.static is None else answer.static)
    if form == "hasattr" and len(values) == 2:
        answer = has_attribute(compiler, definition, node)
        return Simple(types.BOOL, MISSING if answer.static is None else answer.static)
    if form == "getattr":
        return _getattr(compiler, definition, node, values)
    if form == "annotate" and len(values) == 2:
        return Simple(compiler.annotation(values[0]))
    if form == "tuple":
        return _tuple(compiler, definition, node, values)
    if form == "list":
        return _list(compiler, definition, node, values, hint)
    if form == "dict":
        arguments(compiler, definition, node)
        return Simple(hint) if hint is not None else OPEN_VALUE
    return OPEN


def _range(compiler: Compiler, definition: Definition, node: cst.Call) -> Sugared:
    args, _ = arguments(compiler, definition, node)
    for index, (one, place) in enumerate(args or []):
        if one.type is not types.UNKNOWN and one.type is not types.INT:
            raise compiler.stop(place if isinstance(place, cst.CSTNode) else node, "range", type=types.written(one.type), index=str(index))  # fmt: skip
    return RangeS()


def _enumerate(compiler: Compiler, definition: Definition, node: cst.Call, values: list[cst.BaseExpression]) -> Sugared:
    if not values:
        return OPEN
    from tslint.facts.torchscript.iteration import rounds

    inner = iterated(compiler, values[0], compiler.sugared(definition, values[0]))
    tree = TreeS()
    tree.children = [RangeS(rounds(inner)), inner]
    tree.static = rounds(inner)
    return tree


def _getattr(compiler: Compiler, definition: Definition, node: cst.Call, values: list[cst.BaseExpression]) -> Sugared:
    if len(values) < 2:
        return OPEN
    owner = compiler.sugared(definition, values[0])
    if type(values[1]) is not cst.SimpleString:
        raise compiler.stop(values[1], "attribute-name", function="getattr")
    name = string_of(values[1])
    if len(values) == 3 and type(owner) is ModuleS:
        from tslint.facts.torchscript.attributes import defines

        known = defines(owner.value, name)
        if known is None:
            return OPEN
        if known is False:
            return compiler.sugared(definition, values[2])
    return attribute_of(compiler, node, owner, name)


def _tuple(compiler: Compiler, definition: Definition, node: cst.Call, values: list[cst.BaseExpression]) -> Sugared:
    if len(values) != 1:
        return OPEN_VALUE
    items = as_tuple(compiler, values[0], compiler.sugared(definition, values[0]), None)
    if items is None:
        return OPEN_VALUE
    return Simple(types.tuple_of(as_value_or_simple(compiler, values[0], item).type for item in items))


def _list(
    compiler: Compiler, definition: Definition, node: cst.Call, values: list[cst.BaseExpression], hint: Type | None
) -> Sugared:
    if not values:
        return Simple(
            hint if hint is not None and hint.kind == "List" else types.list_of(types.TENSOR), MISSING, hint is None
        )
    from tslint.facts.torchscript.iteration import element

    found = iterated(compiler, values[0], compiler.sugared(definition, values[0]))
    if type(found) is TupleS and not found.items:
        return OPEN_VALUE
    first = element(compiler, values[0], found, 0)
    if type(first) is Open:
        return OPEN_VALUE
    if type(first) is ModuleS:
        raise compiler.stop(node, "list-of-modules")
    kind = as_value_or_simple(compiler, values[0], first).type
    return Simple(types.list_of(types.TENSOR if kind is types.INFERRED else kind))


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
