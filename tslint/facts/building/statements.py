"""Executes statements, one function a type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from tslint.facts.building.iteration import MOST_ROUNDS, iterated
from tslint.facts.building.machine import Frame, Machine
from tslint.facts.building.operations import BINARY, binary
from tslint.facts.building.values import (
    NONE,
    UNKNOWN,
    Built,
    Class,
    Function,
    Layer,
    Mapping,
    ModuleValue,
    Sequence,
    Value,
    join,
    truth,
)


def _assign(machine: Machine, frame: Frame, node: cst.Assign) -> None:
    value = machine.evaluate(frame, node.value)
    for target in node.targets:
        machine.assign(frame, target.target, value)


def _annotated_assign(machine: Machine, frame: Frame, node: cst.AnnAssign) -> None:
    if node.value is not None:
        machine.assign(frame, node.target, machine.evaluate(frame, node.value))


def _augmented(machine: Machine, frame: Frame, node: cst.AugAssign) -> None:
    left = machine.evaluate(frame, node.target)
    right = machine.evaluate(frame, node.value)
    kind = type(node.operator)
    if kind is cst.AddAssign and type(left) is Sequence and left.kind == "list":
        if type(right) is Sequence and not machine.uncertain:
            left.items += right.items
            left.exact = left.exact and right.exact
        else:
            left.exact = False
        return
    machine.assign(frame, node.target, binary(kind, left, right) if kind in BINARY else UNKNOWN)


def _expression(machine: Machine, frame: Frame, node: cst.Expr) -> None:
    if type(node.value) is not cst.SimpleString:
        machine.evaluate(frame, node.value)


def _return(machine: Machine, frame: Frame, node: cst.Return) -> None:
    value = machine.evaluate(frame, node.value) if node.value is not None else NONE
    frame.returned = value if frame.returned is None else join(frame.returned, value)
    frame.dead = True


def _raise(machine: Machine, frame: Frame, node: cst.Raise) -> None:
    frame.dead = True


def _delete(machine: Machine, frame: Frame, node: cst.Del) -> None:
    target = node.target
    if type(target) is cst.Name:
        frame.env.pop(target.value, None)
    elif type(target) is cst.Attribute:
        owner = machine.evaluate(frame, target.value)
        if type(owner) is Built:
            owner.attributes.pop(target.attr.value, None)
            owner.members.pop(target.attr.value, None)


def _if(machine: Machine, frame: Frame, node: cst.If) -> None:
    known = truth(machine.evaluate(frame, node.test))

    def orelse() -> None:
        if type(node.orelse) is cst.If:
            machine.statement(frame, node.orelse)
        elif type(node.orelse) is cst.Else:
            machine.block(frame, node.orelse.body)

    if known is True:
        machine.block(frame, node.body)
    elif known is False:
        orelse()
    else:
        machine.branches(frame, lambda: machine.block(frame, node.body), orelse)


def _for(machine: Machine, frame: Frame, node: cst.For) -> None:
    iterable = machine.evaluate(frame, node.iter)
    items, exact = iterated(iterable)
    if exact and not items:
        return
    for item in items[:MOST_ROUNDS]:
        machine.assign(frame, node.target, item)
        _round(machine, frame, node.body)
        if frame.dead:
            return
    if not exact:
        machine.assign(frame, node.target, items[-1] if items and type(iterable) is not Sequence else UNKNOWN)
        grown = _open_lists(frame)
        _round(machine, frame, node.body)
        _close(frame, grown)
    if node.orelse is not None and not frame.dead:
        machine.block(frame, node.orelse.body)


def _open_lists(frame: Frame) -> list[tuple[Any, int]]:
    """The lists and containers there are, with their lengths: those that grow in a loop have an unknown number of items."""
    found: list[tuple[Any, int]] = []
    held: list[Value] = list(frame.env.values())
    if type(frame.receiver) is Built:
        held += [slot.value for slot in frame.receiver.attributes.values()]
        found.append((frame.receiver, len(frame.receiver.members)))
    for value in held:
        if type(value) is Sequence:
            found.append((value, len(value.items)))
        elif type(value) is Layer:
            found.append((value, len(value.members)))
        elif type(value) is Mapping:
            found.append((value, len(value.items)))
    return found


def _close(frame: Frame, grown: list[tuple[Any, int]]) -> None:
    for value, length in grown:
        now = len(value.members if isinstance(value, ModuleValue) else value.items)
        if now != length:
            value.exact = False


def _round(machine: Machine, frame: Frame, body: cst.BaseSuite) -> None:
    machine.block(frame, body)
    if frame.dead and frame.returned is None:
        frame.dead = False  # `break`, `continue`, `raise`


def _while(machine: Machine, frame: Frame, node: cst.While) -> None:
    grown = _open_lists(frame)
    machine.branches(frame, lambda: machine.block(frame, node.body))
    _close(frame, grown)
    if frame.dead and frame.returned is None:
        frame.dead = False


def _leave(machine: Machine, frame: Frame, node: cst.CSTNode) -> None:
    frame.dead = True


def _with(machine: Machine, frame: Frame, node: cst.With) -> None:
    for item in node.items:
        value = machine.evaluate(frame, item.item)
        if item.asname is not None:
            machine.assign(frame, item.asname.name, value)
    machine.block(frame, node.body)


def _try(machine: Machine, frame: Frame, node: cst.Try) -> None:
    machine.block(frame, node.body)
    if frame.dead and frame.returned is None:
        frame.dead = False
    if node.finalbody is not None:
        machine.block(frame, node.finalbody.body)


def _function(machine: Machine, frame: Frame, node: cst.FunctionDef) -> None:
    frame.env[node.name.value] = Function(node, closure=frame.env)


def _class(machine: Machine, frame: Frame, node: cst.ClassDef) -> None:
    frame.env[node.name.value] = Class(node)


SMALL: dict[type, Callable[[Machine, Frame, Any], None]] = {
    cst.Assign: _assign,
    cst.AnnAssign: _annotated_assign,
    cst.AugAssign: _augmented,
    cst.Expr: _expression,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Del: _delete,
    cst.Break: _leave,
    cst.Continue: _leave,
}
COMPOUND: dict[type, Callable[[Machine, Frame, Any], None]] = {
    cst.If: _if,
    cst.For: _for,
    cst.While: _while,
    cst.With: _with,
    cst.Try: _try,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
}
