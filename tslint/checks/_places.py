"""Questions about where code stands that several checks ask."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.diagnostic import Label
from tslint.facts.facts import Facts
from tslint.facts.kinds import BakedSize, Callable, Data, Kind, Size, Tensor, options
from tslint.facts.tree import walk, words

INPUT = (Size, BakedSize, Data, Tensor)
"""Kinds whose values only the inputs of a call tell."""

MACHINE = ("torch.cuda.", "torch.distributed.", "torch.backends.")

SAYING = ("builtins.print", "warnings.warn", "logging.")
"""Functions that only tell somebody something."""

LOGGING = frozenset(["debug", "info", "warning", "warn", "error", "critical", "exception", "warning_once", "info_once"])
"""Methods of a logger, whoever made it."""


def callee(call: cst.Call, facts: Facts) -> str | None:
    """The full name of the library's function that CALL calls: by its name, or through what holds it (``self.act(x)``)."""
    name = facts.qualified(call.func) if isinstance(call.func, (cst.Name, cst.Attribute)) else None
    if name is not None:
        return name
    kind = facts.kind(call.func)
    return kind.qualified if isinstance(kind, Callable) and kind.owner is None else None


def ancestors(node: cst.CSTNode, facts: Facts) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
    """Each (parent, child) pair on the way from NODE up to the function that holds it."""
    child: cst.CSTNode = node
    parent = facts.parent(node)
    while parent is not None and not isinstance(child, (cst.FunctionDef, cst.Lambda)):
        yield parent, child
        child, parent = parent, facts.parent(parent)


def branches(node: cst.CSTNode, facts: Facts) -> list[cst.If]:
    """The ``if`` statements around NODE, within its function."""
    return [
        parent for parent, child in ancestors(node, facts) if isinstance(parent, cst.If) and child is not parent.test
    ]


def deciding(node: cst.CSTNode, facts: Facts) -> list[cst.BaseExpression]:
    """The conditions within its function that decide whether NODE runs: those around it, and those before it that leave."""
    found = [
        parent.test
        for parent, child in ancestors(node, facts)
        if isinstance(parent, CONDITIONAL) and child is not parent.test
    ]
    for block, child in ancestors(node, facts):
        if isinstance(block, cst.IndentedBlock):
            for statement in block.body[: next(i for i, s in enumerate(block.body) if s is child)]:
                if isinstance(statement, cst.If) and any(isinstance(inner, cst.Return) for inner in walk(statement)):
                    found.append(statement.test)
    return found


def asks_inputs(test: cst.BaseExpression, facts: Facts) -> bool:
    """Whether a condition asks for what only the inputs of a call tell."""
    if isinstance(test, cst.BooleanOperation):
        return asks_inputs(test.left, facts) or asks_inputs(test.right, facts)
    if isinstance(test, cst.UnaryOperation):
        return asks_inputs(test.expression, facts)
    kinds: list[Kind] = [facts.kind(test)]
    if isinstance(test, cst.Comparison):
        kinds += [facts.kind(test.left), *(facts.kind(part.comparator) for part in test.comparisons)]
    return any(isinstance(option, INPUT) for kind in kinds for option in options(kind))


def asks_machine(test: cst.BaseExpression, facts: Facts) -> bool:
    """Whether a condition asks for the device that the model runs on, or for other processes."""
    for node in walk(test):
        if isinstance(node, cst.Attribute):
            if (facts.qualified(node) or "").startswith(MACHINE):
                return True
            if node.attr.value in ("is_cuda", "is_mps", "device") and facts.may_be_tensor(node.value):
                return True
    return False


def only_speaks(body: cst.BaseSuite, facts: Facts) -> bool:
    """Whether a block only raises, prints, logs or warns, so that nothing computed depends on whether it ran."""
    for statement in body.body:
        parts = statement.body if isinstance(statement, cst.SimpleStatementLine) else [statement]
        for part in parts:
            if isinstance(part, (cst.Raise, cst.Pass)):
                continue
            if not (isinstance(part, cst.Expr) and _says(part.value, facts)):
                return False
    return True


def _says(value: cst.BaseExpression, facts: Facts) -> bool:
    if not isinstance(value, cst.Call):
        return isinstance(value, (cst.SimpleString, cst.ConcatenatedString, cst.Ellipsis))
    if isinstance(value.func, cst.Attribute) and value.func.attr.value in LOGGING:
        kind = facts.kind(value.func)
        return not (isinstance(kind, Callable) and kind.node is not None)  # a method of the file may do anything
    return (facts.qualified(value.func) or "").startswith(SAYING)


def read_at(value: cst.CSTNode, facts: Facts) -> tuple[Label, ...]:
    """A label where the size VALUE was read, if that was on another line."""
    origin = facts.origin(value)
    if origin is None or facts.span(origin).line == facts.span(value).line:
        return ()
    return (facts.label(origin, "the size is read here"),)


def iterated_over(node: cst.CSTNode, facts: Facts) -> bool:
    """Whether NODE stands in what a loop iterates over, where the loop itself is the problem."""
    return any(
        isinstance(parent, (cst.For, cst.CompFor)) and child is parent.iter for parent, child in ancestors(node, facts)
    )


DRAWING = words("""
    torch.bernoulli torch.multinomial torch.normal torch.poisson torch.rand torch.rand_like torch.randint
    torch.randint_like torch.randn torch.randn_like torch.randperm torch.nn.functional.gumbel_softmax
""")
DRAWING_METHODS = words("""
    bernoulli bernoulli_ cauchy_ exponential_ geometric_ log_normal_ multinomial normal_ random_ uniform_
""")
"""Methods of a tensor that draw. All of these, and the functions, were measured on torch 2.13 to be recorded as operators."""


def draws(call: cst.Call, facts: Facts) -> bool:
    """Whether CALL draws random values with PyTorch."""
    if (callee(call, facts) or "") in DRAWING:
        return True
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value not in DRAWING_METHODS:
        return False
    return any(isinstance(kind, Callable) and isinstance(kind.owner, Tensor) for kind in options(facts.kind(call.func)))


def is_drawn(node: cst.BaseExpression, facts: Facts) -> bool:
    """Whether a tensor comes of a random draw in the same expression."""
    return any(isinstance(inner, cst.Call) and draws(inner, facts) for inner in walk(node))


HANDED_ON = 3
"""Calls that hand a tensor on before it is asked whether it is learned."""


def is_learned(node: cst.BaseExpression, facts: Facts, hops: int = HANDED_ON) -> bool:
    """Whether a tensor is made of parameters, buffers and constants alone: no input decides it.

    What is drawn with constants is so, too, but no answer to a comparison with it, nor what a function is handed.
    """
    kind = facts.kind(node)
    if isinstance(node, (cst.Attribute, cst.Name)) and isinstance(kind, Tensor):
        return kind.role in ("parameter", "buffer") or (hops > 0 and _is_handed_learned(node, facts, hops - 1))
    if isinstance(node, cst.BinaryOperation):
        return all(is_learned(side, facts, hops) or facts.is_constant(side) for side in (node.left, node.right))
    if isinstance(node, cst.UnaryOperation):
        return is_learned(node.expression, facts, hops)
    if isinstance(node, cst.Comparison):
        if is_drawn(node, facts):
            return False  # `torch.rand(1) < self.rate`: another answer each time
        sides = (node.left, *(part.comparator for part in node.comparisons))
        return any(is_learned(side, facts, hops) for side in sides) and all(
            is_learned(side, facts, hops) or facts.is_constant(side) for side in sides
        )
    if isinstance(node, cst.Subscript):
        return is_learned(node.value, facts, hops) and not any(_chooses(part.slice, facts) for part in node.slice)
    if isinstance(node, cst.Call):
        given = [argument.value for argument in node.args]
        if isinstance(node.func, cst.Attribute) and facts.is_tensor(node.func.value):
            given.append(node.func.value)
        return bool(given) and all(is_learned(value, facts, hops) or facts.is_constant(value) for value in given)
    return False


def _is_handed_learned(node: cst.Attribute | cst.Name, facts: Facts, hops: int) -> bool:
    """Whether NODE is a parameter of a function for which every call hands in such a tensor."""
    given = facts.handed_in(node) if isinstance(node, cst.Name) else ()
    return bool(given) and all(is_learned(value, facts, hops) and not is_drawn(value, facts) for value in given)


def _chooses(part: cst.BaseSlice, facts: Facts) -> bool:
    """Whether an input decides what an index takes: ``table[ids]``, ``table[:n]``."""
    if isinstance(part, cst.Index):
        bounds = [part.value]
    else:
        assert isinstance(part, cst.Slice)
        bounds = [bound for bound in (part.lower, part.upper, part.step) if bound is not None]
    return any(
        isinstance(option, INPUT) and not is_learned(bound, facts)
        for bound in bounds
        for option in options(facts.kind(bound))
    )


CONDITIONAL = (cst.If, cst.While, cst.IfExp, cst.CompIf, cst.Assert)


def in_condition(node: cst.CSTNode, facts: Facts) -> bool:
    """Whether NODE is part of a condition."""
    return any(isinstance(parent, CONDITIONAL) and child is parent.test for parent, child in ancestors(node, facts))


def only_decides(node: cst.CSTNode, facts: Facts) -> bool:
    """Whether the value of NODE is used in conditions alone, there or through a variable."""
    return in_condition(node, facts) or _decides_by_name(node, facts, frozenset())


def _decides_by_name(node: cst.CSTNode, facts: Facts, seen: frozenset[str]) -> bool:
    assign = next((parent for parent, _ in ancestors(node, facts) if isinstance(parent, cst.BaseSmallStatement)), None)
    if not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
        return False
    target = assign.targets[0].target
    if not isinstance(target, cst.Name) or target.value in seen:
        return False
    names = uses(target, facts)
    known = seen | {target.value}
    return bool(names) and all(in_condition(use, facts) or _decides_by_name(use, facts, known) for use in names)


def uses(target: cst.Name, facts: Facts) -> list[cst.Name]:
    """The other places of a function that name a variable."""
    function = facts.enclosing_function(target)
    found = []
    for name in facts.nodes(cst.Name):
        if name is target or name.value != target.value or facts.enclosing_function(name) is not function:
            continue
        parent = facts.parent(name)
        attribute = isinstance(parent, cst.Attribute) and parent.attr is name
        keyword = isinstance(parent, cst.Arg) and parent.keyword is name
        if not attribute and not keyword:
            found.append(name)
    return found


def own_name(node: cst.CSTNode, facts: Facts) -> str | None:
    """What the method of a module around NODE calls its module (``self``); None outside of one, and in functions within."""
    function = facts.enclosing_function(node)
    cls = facts.module_class(node)
    if function is None or cls is None or function not in cls.methods.values():
        return None
    params = (*function.params.posonly_params, *function.params.params)
    return params[0].name.value if params and not function.decorators else None


def hangs_on_input(node: cst.CSTNode, facts: Facts) -> bool:
    """Whether sizes or values decide if NODE runs at all: in such a branch, or behind one that returns."""
    for parent, child in ancestors(node, facts):
        if isinstance(parent, cst.If) and child is not parent.test and _asks_input(parent.test, facts):
            return True
        if isinstance(parent, (cst.IndentedBlock, cst.Module)):
            before = [
                statement for statement in parent.body[: _position(parent, child)] if isinstance(statement, cst.If)
            ]
            if any(_asks_input(statement.test, facts) and _returns(statement.body) for statement in before):
                return True
    return False


def _position(block: cst.IndentedBlock | cst.Module, child: cst.CSTNode) -> int:
    return next((i for i, statement in enumerate(block.body) if statement is child), 0)


def _asks_input(test: cst.BaseExpression, facts: Facts) -> bool:
    return any(isinstance(option, INPUT) for option in options(facts.kind(test)))


def _returns(block: cst.BaseSuite) -> bool:
    last = block.body[-1] if block.body else None
    return isinstance(last, cst.SimpleStatementLine) and any(isinstance(part, cst.Return) for part in last.body)


def meets_tensor(node: cst.CSTNode, facts: Facts) -> bool:
    """Whether the value of NODE is used in nothing but arithmetic, and that arithmetic is with a tensor in the end."""
    parent = facts.parent(node)
    if isinstance(parent, cst.BinaryOperation):
        other = parent.right if parent.left is node else parent.left
        return facts.is_tensor(other) or meets_tensor(parent, facts)
    if isinstance(parent, cst.UnaryOperation):
        return meets_tensor(parent, facts)
    if isinstance(parent, cst.AugAssign):
        return facts.is_tensor(parent.target)
    if isinstance(parent, cst.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0].target, cst.Name):
        found = uses(parent.targets[0].target, facts)
        return bool(found) and all(meets_tensor(use, facts) for use in found)
    return False
