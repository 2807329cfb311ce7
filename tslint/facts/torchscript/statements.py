"""Statements, one function a type of node."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import libcst as cst

from tslint.facts.torchscript import types
from tslint.facts.torchscript.compiler import Compiler, Definition, Room, Scope, run_block
from tslint.facts.torchscript.conditions import Condition, condition, refine
from tslint.facts.torchscript.schemas import convert
from tslint.facts.torchscript.types import Type
from tslint.facts.torchscript.values import OPEN, OPEN_VALUE, Open, Simple, Sugared, TupleS
from tslint.facts.torchscript.variables import (
    assign,
    assign_annotated,
    assign_augmented,
    assign_targets,
)
from tslint.facts.tree import walk


def targets_of(node: cst.CSTNode) -> Iterator[str]:
    """The names that a statement may set, its blocks included."""
    for inner in walk(node, nested=False):
        kind = type(inner)
        if kind is cst.AssignTarget or kind is cst.AnnAssign or kind is cst.AugAssign or kind is cst.For:
            yield from _names(inner.target)  # type: ignore[attr-defined]


def _names(node: cst.CSTNode) -> Iterator[str]:
    if type(node) is cst.Name:
        yield node.value
    elif type(node) in (cst.Tuple, cst.List):
        for element in node.elements:  # type: ignore[attr-defined]
            yield from _names(element.value)
    elif type(node) is cst.StarredElement:
        yield from _names(node.value)


# -- leaving -------------------------------------------------------------------------------------------------------------


def _return(compiler: Compiler, definition: Definition, node: cst.Return) -> None:
    found = Simple(types.NONE) if node.value is None else compiler.value(definition, node.value, definition.declared)
    kind = found.type
    wanted = definition.declared
    if wanted is not None:
        if not (wanted.kind == "Tensor" and kind is types.NONE):
            kind = convert(wanted, kind, found.empty, True)
        if not types.is_subtype(kind, wanted) and not compiler.refuse_untyped(found.made, wanted):
            words = {"wanted": types.written(wanted), "found": types.written(kind)}
            compiler.refuse(node.value or node, "declared-return", **words)
            definition.misdeclared = True
    else:
        compiler.returns(definition, node, kind)
    definition.scope.exits = True


def _raise(compiler: Compiler, definition: Definition, node: cst.Raise) -> None:
    if node.exc is not None:
        from tslint.facts.torchscript.calls import raised

        definition.scope.exits = True
        raised(compiler, definition, node.exc)
    definition.scope.exits = True


def _assert(compiler: Compiler, definition: Definition, node: cst.Assert) -> None:
    found = condition(compiler, definition, node.test)
    if node.msg is not None and found.static is not True:
        compiler.value(definition, node.msg)
    refine(definition, found.true)


def _expression(compiler: Compiler, definition: Definition, node: cst.Expr) -> None:
    if type(node.value) in (cst.SimpleString, cst.ConcatenatedString, cst.Ellipsis):
        return
    compiler.sugared(definition, node.value)


def _delete(compiler: Compiler, definition: Definition, node: cst.Del) -> None:
    targets = [e.value for e in node.target.elements] if type(node.target) is cst.Tuple else [node.target]
    for target in targets:
        if type(target) is cst.Name:
            scope: Scope | None = definition.scope
            while scope is not None:
                scope.names.pop(target.value, None)
                scope = scope.parent
        elif type(target) is cst.Attribute:
            compiler.refuse(target, "syntax", construct="`del` of an attribute")
        else:
            compiler.sugared(definition, target)


def _leave_loop(compiler: Compiler, definition: Definition, node: cst.Break | cst.Continue) -> None:
    if definition.loops and definition.loops[-1] == "unrolled":
        word = "break" if type(node) is cst.Break else "continue"
        compiler.refuse(node, "unrolled-break", word=word)


# -- branches and loops ----------------------------------------------------------------------------------------------------


def _if(compiler: Compiler, definition: Definition, node: cst.If) -> None:
    found = condition(compiler, definition, node.test)
    true = node.body.body
    false: Sequence[cst.CSTNode] = ()
    if type(node.orelse) is cst.If:
        false = (node.orelse,)
    elif type(node.orelse) is cst.Else:
        false = node.orelse.body.body
    if found.static is not None:
        refine(definition, found.true if found.static else found.false)
        run_block(compiler, definition, true if found.static else false)
        return
    both(compiler, definition, node, found, true, false)


def both(
    compiler: Compiler,
    definition: Definition,
    node: cst.CSTNode,
    found: Condition,
    true: Sequence[cst.CSTNode],
    false: Sequence[cst.CSTNode],
) -> None:
    """Both branches of a condition that only the run decides, and the variables after them."""
    outer = definition.scope
    scopes: list[Scope] = []
    for body, known in ((true, found.true), (false, found.false)):
        definition.scope = Scope(outer)
        refine(definition, known)
        run_block(compiler, definition, body)
        scopes.append(definition.scope)
    definition.scope = outer
    first, second = scopes
    if first.exits and second.exits:
        outer.exits = True
        return
    for name in dict.fromkeys((*first.names, *second.names)):
        _after_branches(compiler, outer, node, name, first, second)


def _after_branches(
    compiler: Compiler, outer: Scope, node: cst.CSTNode, name: str, first: Scope, second: Scope
) -> None:
    one = None if first.exits else first.find(name)
    two = None if second.exits else second.find(name)
    if not first.exits and not second.exits and (one is None or two is None):
        branch = "true" if one is None else "false"
        outer.gone[name] = ("undefined-branch", {"name": name, "branch": branch}, _condition(node))
        return
    values = [v for v in (one, two) if v is not None]
    if not values:
        return
    if len(values) == 1 or values[0] is values[1]:
        outer.names[name] = values[0]
        return
    if any(type(v) is not Simple for v in values):
        outer.names[name] = OPEN
        return
    left, right = values
    assert type(left) is Simple and type(right) is Simple
    joined = types.unify(left.type, right.type)
    if joined is None:
        details = {"name": name, "true": types.written(left.type), "false": types.written(right.type)}
        if outer.find(name) is not None:
            compiler.refuse(_condition(node), "branch-type", **details)
            outer.names[name] = OPEN_VALUE
        else:
            outer.gone[name] = ("branch-type", details, _condition(node))
        return
    outer.names[name] = Simple(joined)


def _condition(node: cst.CSTNode) -> cst.CSTNode:
    return node.test if type(node) is cst.If else node


def _for(compiler: Compiler, definition: Definition, node: cst.For) -> None:
    def body() -> None:
        run_block(compiler, definition, node.body.body)

    run_for(compiler, definition, node.target, node.iter, body)


def run_for(
    compiler: Compiler,
    definition: Definition,
    target: cst.BaseExpression,
    iterable: cst.BaseExpression,
    body: Callable[[], None],
) -> None:
    """A loop over something: unrolled over modules and tuples, else compiled once in a block of its own."""
    from tslint.facts.torchscript.iteration import element, iterated, rounds

    found = iterated(compiler, iterable, compiler.sugared(definition, iterable))
    count = rounds(found)
    if count is None:
        outer = definition.scope
        definition.scope = Scope(outer)
        definition.loops.append("loop")
        try:
            assign(
                compiler, definition, target, _first_class(compiler, iterable, element(compiler, iterable, found, 0))
            )
            body()
        finally:
            definition.loops.pop()
            inner = definition.scope
            definition.scope = outer
        _after_loop(outer, inner)
        return
    definition.loops.append("unrolled")
    try:
        for index in range(min(count, 6)):
            assign(compiler, definition, target, element(compiler, iterable, found, index))
            body()
            if definition.scope.exits:
                break
    finally:
        definition.loops.pop()


def _first_class(compiler: Compiler, node: cst.CSTNode, found: Sugared) -> Sugared:
    """The element of a loop that is not unrolled is a value."""
    if type(found) is TupleS:
        return Simple(types.tuple_of(compiler.as_value(node, item).type for item in found.items))
    return found if type(found) is Open else compiler.as_value(node, found)


def _after_loop(outer: Scope, inner: Scope) -> None:
    """Variables that the loop alone sets do not outlive it; those of the block around it keep their type."""
    for name in inner.names:
        if outer.find(name) is None:
            outer.gone[name] = ("undefined-loop", {"name": name}, None)


def _while(compiler: Compiler, definition: Definition, node: cst.While) -> None:
    outer = definition.scope
    definition.scope = Scope(outer)
    definition.loops.append("loop")
    try:
        from tslint.facts.torchscript.conditions import to_bool

        to_bool(compiler, node.test, compiler.value(definition, node.test))
        run_block(compiler, definition, node.body.body)
    finally:
        definition.loops.pop()
        inner = definition.scope
        definition.scope = outer
    _after_loop(outer, inner)


def _with(compiler: Compiler, definition: Definition, node: cst.With) -> None:
    from tslint.facts.torchscript.calls import entered

    for item in node.items:
        entered(compiler, definition, item)
    run_block(compiler, definition, node.body.body)


def _pass(compiler: Compiler, definition: Definition, node: cst.CSTNode) -> None:
    return


def hint_of(kind: Type) -> Type | None:
    return kind if types.is_known(kind) else None


SMALL: dict[type, Room] = {
    cst.Assign: assign_targets,
    cst.AnnAssign: assign_annotated,
    cst.AugAssign: assign_augmented,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Assert: _assert,
    cst.Expr: _expression,
    cst.Del: _delete,
    cst.Break: _leave_loop,
    cst.Continue: _leave_loop,
    cst.Pass: _pass,
}
TABLE: dict[type, Room] = {
    cst.If: _if,
    cst.For: _for,
    cst.While: _while,
    cst.With: _with,
}
