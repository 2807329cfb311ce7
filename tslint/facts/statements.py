"""Statements: how they change the variables, which paths they open, and what they return."""

from __future__ import annotations

from collections.abc import Callable as Function
from typing import Any

import libcst as cst

from tslint.facts.arithmetic import binary
from tslint.facts.assignments import assign
from tslint.facts.expressions import element_of, evaluate, length_of
from tslint.facts.frame import Env, Frame, join_envs
from tslint.facts.kinds import (
    CONSTANT,
    NONE,
    UNKNOWN,
    Callable,
    Constant,
    Instance,
    Kind,
    List,
    Unknown,
)
from tslint.facts.narrowing import decided, narrow, truth

ROUNDS = 3
"""How often a loop's body is run at most until its variables keep their kinds."""
MAX_NESTING = 60


def run_block(frame: Frame, body: cst.BaseSuite) -> None:
    """The statements of a block, until one leaves it."""
    for statement in body.body:
        if frame.dead:
            return
        run(frame, statement)


def run(frame: Frame, statement: cst.CSTNode) -> None:
    if isinstance(statement, cst.SimpleStatementLine):
        for small in statement.body:
            if frame.dead:
                return
            room = SMALL.get(type(small))
            if room is not None:
                room(frame, small)
        return
    room = SMALL.get(type(statement)) or COMPOUND.get(type(statement))
    if room is not None and frame.depth < MAX_NESTING:
        frame.depth += 2
        room(frame, statement)
        frame.depth -= 2


# -- assignments ----------------------------------------------------------------------------------------------------------


def _expression(frame: Frame, node: cst.Expr) -> None:
    evaluate(frame, node.value)


def _assign(frame: Frame, node: cst.Assign) -> None:
    kind = evaluate(frame, node.value)
    for target in node.targets:
        assign(frame, target.target, kind, node.value)


def _annotated(frame: Frame, node: cst.AnnAssign) -> None:
    if node.value is not None:
        kind = evaluate(frame, node.value)
        if isinstance(kind, Unknown):
            kind = frame.analysis.annotation_kind(node.annotation.annotation, frame.fresh(node)) or kind
        assign(frame, node.target, kind, node.value)


def _augmented(frame: Frame, node: cst.AugAssign) -> None:
    left = evaluate(frame, node.target)
    right = evaluate(frame, node.value)
    assign(frame, node.target, binary(frame, node, node.operator, left, right), node.value)


# -- leaving --------------------------------------------------------------------------------------------------------------


def _return(frame: Frame, node: cst.Return) -> None:
    kind = evaluate(frame, node.value) if node.value is not None else NONE
    _leave(frame, node, kind)


def _leave(frame: Frame, node: cst.Return | None, kind: Kind) -> None:
    context = frame.context
    context.returns[node] = (kind, frame.block)
    if not frame.block.untraced or context.root.untraced:
        frame.exits.append(set(frame.pins))
    frame.dead = True


def _raise(frame: Frame, node: cst.Raise) -> None:
    if node.exc is not None:
        evaluate(frame, node.exc)
    frame.dead = True


def _assert(frame: Frame, node: cst.Assert) -> None:
    evaluate(frame, node.test)
    narrow(frame, node.test, True)
    frame.dead = False


def _delete(frame: Frame, node: cst.Del) -> None:
    targets = [e.value for e in node.target.elements] if isinstance(node.target, cst.Tuple) else [node.target]
    for target in targets:
        if isinstance(target, cst.Name):
            frame.env.pop(target.value, None)
        else:
            evaluate(frame, target)


def _break(frame: Frame, node: cst.Break) -> None:
    if frame.loops:
        frame.loops[-1].append((dict(frame.env), set(frame.pins)))
    frame.dead = True


def _continue(frame: Frame, node: cst.Continue) -> None:
    _break(frame, cst.Break())


# -- branches and loops ---------------------------------------------------------------------------------------------------


def _if(frame: Frame, node: cst.If) -> None:
    evaluate(frame, node.test)
    known = decided(frame, node.test)
    state = frame.save()
    after = []
    for answer, body in ((True, node.body), (False, node.orelse)):
        frame.restore(state)
        narrow(frame, node.test, answer)
        if frame.dead:
            continue
        untraced = known is not None and known is not answer
        with frame.inside(untraced):
            if isinstance(body, cst.If):
                run(frame, body)
            elif isinstance(body, cst.Else):
                run_block(frame, body.body)
            elif body is not None:
                run_block(frame, body)
        if not untraced:
            after.append(frame.save())
    if not after:
        frame.restore(state)
        return
    frame.merge(after)


def _for(frame: Frame, node: cst.For) -> None:
    iterable = evaluate(frame, node.iter)
    element = element_of(frame, iterable, node.iter)
    length = length_of(iterable, node.iter)

    def begin() -> None:
        assign(frame, node.target, element)

    _loop(frame, node.body, begin, grows=length)
    if node.orelse is not None and not frame.dead:
        run_block(frame, node.orelse.body)


def _while(frame: Frame, node: cst.While) -> None:
    evaluate(frame, node.test)
    before = frame.save()

    def begin() -> None:
        evaluate(frame, node.test)

    _loop(frame, node.body, begin, grows=UNKNOWN)
    if isinstance(truth(evaluate(frame, node.test)), type(None)):
        frame.merge([before, frame.save()])
    if node.orelse is not None and not frame.dead:
        run_block(frame, node.orelse.body)


def _loop(frame: Frame, body: cst.BaseSuite, begin: Function[[], None], grows: Kind) -> None:
    """Runs a body until its variables keep their kinds. A loop is taken to have at least one round."""
    start: Env = dict(frame.env)
    head: Env = start
    end: tuple[Env, set[Any], bool] | None = None
    returned = set(frame.context.returns)
    for _ in range(ROUNDS):
        frame.env = dict(head)
        frame.dead = False
        frame.loops.append([])
        begin()
        with frame.inside():
            run_block(frame, body)
        breaks = frame.loops.pop()
        states = [frame.save(), *((env, pins, False) for env, pins in breaks)]
        frame.merge(states)
        for name, kind in frame.env.items():
            frame.env[name] = _grown(start.get(name), kind, grows)
        end = frame.save()
        if frame.dead:
            break
        grown = join_envs(head, frame.env)
        if grown == head:
            break
        head = grown
    if end is None or end[2]:
        # every round leaves the function; after the loop is where it had no round at all
        frame.dead = False
        frame.env = start if set(frame.context.returns) != returned or end is None else frame.env
        return
    frame.restore(end)


def _grown(before: Kind | None, after: Kind, rounds: Kind) -> Kind:
    """A list that a loop appended to: its length depends on the rounds."""
    if not isinstance(after, List) or not isinstance(before, List) or before is after or before.length == after.length:
        return after
    items = tuple(dict.fromkeys(after.items)) if after.items is not None else None
    length = CONSTANT if isinstance(rounds, Constant) and isinstance(before.length, Constant) else rounds
    return List(
        after.element,
        UNKNOWN if isinstance(rounds, Constant) and length is rounds else length,
        items,
        after.name,
        after.empty,
    )


def _with(frame: Frame, node: cst.With) -> None:
    for item in node.items:
        kind = evaluate(frame, item.item)
        if item.asname is not None:
            bound = UNKNOWN if isinstance(kind, Instance) else kind
            assign(frame, item.asname.name, bound)
    run_block(frame, node.body)


def _try(frame: Frame, node: cst.Try | cst.TryStar) -> None:
    before = frame.save()
    with frame.inside():
        run_block(frame, node.body)
    if node.orelse is not None and not frame.dead:
        run_block(frame, node.orelse.body)
    states = [frame.save()]
    for handler in node.handlers:
        frame.restore(before)
        if handler.name is not None:
            assign(frame, handler.name.name, UNKNOWN)
        with frame.inside():
            run_block(frame, handler.body)
        states.append(frame.save())
    frame.merge(states)
    if node.finalbody is not None:
        dead = frame.dead
        frame.dead = False
        run_block(frame, node.finalbody.body)
        frame.dead = frame.dead or dead


def _match(frame: Frame, node: cst.Match) -> None:
    evaluate(frame, node.subject)
    before = frame.save()
    states = [before]
    for case in node.cases:
        frame.restore(before)
        for name in frame.analysis.captured(case.pattern):
            frame.env[name] = UNKNOWN
        if case.guard is not None:
            evaluate(frame, case.guard)
        with frame.inside():
            run_block(frame, case.body)
        states.append(frame.save())
    frame.merge(states)


def _function(frame: Frame, node: cst.FunctionDef) -> None:
    frame.env[node.name.value] = Callable(node)


def _class(frame: Frame, node: cst.ClassDef) -> None:
    frame.env[node.name.value] = Callable(node)


def run_function(frame: Frame, body: cst.BaseSuite) -> None:
    """The whole body of a function; notes what falls off its end and the pins that hold wherever it is left."""
    run_block(frame, body)
    if not frame.dead:
        _leave(frame, None, NONE)
    exits = frame.exits
    frame.context.root.pins |= set.intersection(*exits) if exits else set()


SMALL: dict[type, Function[[Frame, Any], None]] = {
    cst.Expr: _expression,
    cst.Assign: _assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: _augmented,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Assert: _assert,
    cst.Del: _delete,
    cst.Break: _break,
    cst.Continue: _continue,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
}
COMPOUND: dict[type, Function[[Frame, Any], None]] = {
    cst.If: _if,
    cst.For: _for,
    cst.While: _while,
    cst.With: _with,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.Match: _match,
}
